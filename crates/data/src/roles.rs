//! Names of columns that tell what they are for.

/// What a column may be for, of those that its name may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Label,
    User,
    Item,
    Time,
    Weight,
    Rating,
    /// What is known of an item, and embedded beside it.
    Feature,
}

impl Role {
    /// Without what is neither a letter nor a digit; the first is the likeliest.
    fn names(self) -> &'static [&'static str] {
        match self {
            Role::Label => {
                &["label", "click", "clicked", "clk", "isclick", "isclicked", "clicks", "target", "ctr", "y"]
            }
            Role::User => &[
                "user",
                "userid",
                "uid",
                "usr",
                "reviewerid",
                "visitorid",
                "customerid",
                "customer",
                "memberid",
                "accountid",
                "clientid",
                "playerid",
                "profileid",
                "userindex",
                "useridx",
                "sessionid",
                "session",
                "visitor",
                "steamid",
            ],
            Role::Item => &[
                "item",
                "itemid",
                "iid",
                "parentasin",
                "asin",
                "movieid",
                "productid",
                "videoid",
                "articleid",
                "newsid",
                "businessid",
                "gameid",
                "appid",
                "bookid",
                "songid",
                "trackid",
                "adid",
                "adgroupid",
                "goodsid",
                "sku",
                "skuid",
                "listingid",
                "contentid",
                "postid",
                "photoid",
                "jobid",
                "recipeid",
                "itemindex",
                "itemidx",
                "product",
                "movie",
                "article",
                "video",
                "aid",
                "pid",
            ],
            Role::Time => &[
                "timestamp",
                "time",
                "ts",
                "timems",
                "timestampms",
                "timestamps",
                "eventtime",
                "datetime",
                "date",
                "unixtime",
                "unixtimestamp",
                "unixreviewtime",
                "reviewtime",
                "createdat",
                "created",
                "clicktime",
                "showtime",
                "impressiontime",
                "requesttime",
                "actiontime",
                "eventts",
                "tms",
                "tstamp",
                "epoch",
            ],
            Role::Weight => &["weight", "sampleweight"],
            Role::Rating => &["rating", "stars", "overall", "score"],
            Role::Feature => &[
                "category",
                "categories",
                "categoryid",
                "cat",
                "catid",
                "cate",
                "cateid",
                "itemcategory",
                "genre",
                "genres",
                "brand",
                "brandid",
                "shop",
                "shopid",
                "sellerid",
                "authorid",
                "artistid",
                "maincategory",
            ],
        }
    }

    /// How likely a column of this name has the role, from 0 for the likeliest; none if its name says
    /// nothing.
    pub fn rank(self, name: &str) -> Option<usize> {
        let name = plain(name);
        self.names().iter().position(|known| *known == name)
    }
}

/// Names that writers give to the rows' numbers.
pub(crate) fn is_index(name: &str) -> bool {
    let lower = name.trim().to_lowercase();
    lower.is_empty() || lower.starts_with("unnamed:") || lower.starts_with("__index_level_")
}

/// Names that may be those of the rows' numbers, if the cells are such.
pub(crate) fn may_be_index(name: &str) -> bool {
    ["index", "rownr", "rowindex", "rowid", "rownumber", "id", "level0", "column0"].contains(&&*plain(name))
}

/// Whether a column of lists is called after another, as `seen_items` is after `item_id`.
pub(crate) fn is_list_of(list: &str, column: &str) -> bool {
    let stem = plain(column);
    let stem = stem.strip_suffix("id").filter(|stem| stem.len() > 2).unwrap_or(&stem);
    stem.len() > 2 && plain(list).contains(stem)
}

/// Letters and digits, without the type that RecBole writes after a name.
fn plain(name: &str) -> String {
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_however_they_are_written() {
        for (role, name, known) in [
            (Role::User, "user_id:token", true),
            (Role::User, "UserId", true),
            (Role::Time, "time_stamp", true),
            (Role::Time, "Time-MS", true),
            (Role::Item, "parent_asin", true),
            (Role::Label, "is_click", true),
            (Role::Label, "nonclk", false),
            (Role::Item, "items_seen", false),
        ] {
            assert_eq!(role.rank(name).is_some(), known, "{name}");
        }
        assert!(
            is_index("Unnamed: 0") && is_index("__index_level_0__") && is_index("") && !is_index("index")
        );
        assert!(is_list_of("seen_items", "item_id") && is_list_of("hist_cate_id", "cate_id"));
        assert!(!is_list_of("seen", "item") && !is_list_of("tags", "id"));
    }
}
