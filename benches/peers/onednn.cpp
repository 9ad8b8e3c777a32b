// oneDNN's GRUs: peer-onednn KIND PASS BATCH STEPS WIDTH SECONDS
//
// KIND gru, lbr_gru, augru or lbr_augru; PASS infer or train (forward_training, then backward). Inputs are as
// wide as states; weights are reordered to the layouts that the primitives ask for, outside the time
// measured. Prints milliseconds: median, 10th and 90th percentile of the wall clock, and the median of the
// process's CPU time.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <cmath>
#include <dnnl.hpp>
#include <functional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

using namespace dnnl;
using tag = memory::format_tag;
using Args = std::unordered_map<int, memory>;

struct Shape {
    memory::dim batch, steps, width;
};

static memory::desc plain(const memory::dims& dims, tag t) {
    return {dims, memory::data_type::f32, t};
}

// Memory of this description, filled with uniform numbers (by way of a plain layout where it is an opaque
// one).
static memory filled(const engine& e, stream& s, const memory::desc& d, tag t, float low, float high) {
    static std::mt19937 random(1);
    memory source(plain(d.get_dims(), t), e);
    std::uniform_real_distribution<float> uniform(low, high);
    auto* data = static_cast<float*>(source.get_data_handle());
    std::generate_n(data, source.get_desc().get_size() / sizeof(float), [&] { return uniform(random); });
    if (d == source.get_desc()) return source;
    memory target(d, e);
    reorder(source, target).execute(s, source, target);
    s.wait();
    return target;
}

static void measure(double seconds, const std::function<void()>& call) {
    using clock = std::chrono::steady_clock;
    std::vector<double> wall, cpu;
    for (int i = 0; i < 3; i++) call();
    const auto end = clock::now() + std::chrono::duration<double>(seconds);
    while (wall.size() < 5 || clock::now() < end) {
        const auto start = clock::now();
        const auto busy = std::clock();
        call();
        cpu.push_back(1e3 * double(std::clock() - busy) / CLOCKS_PER_SEC);
        wall.push_back(std::chrono::duration<double, std::milli>(clock::now() - start).count());
    }
    std::sort(wall.begin(), wall.end());
    std::sort(cpu.begin(), cpu.end());
    const auto at = [](const std::vector<double>& v, double q) {
        return v[size_t(q * double(v.size() - 1))];
    };
    std::printf("%.4f %.4f %.4f %.4f\n", at(wall, 0.5), at(wall, 0.1), at(wall, 0.9), at(cpu, 0.5));
}

// One cell: `with` calls a primitive descriptor's constructor with the attention's description where the cell
// has one.
template <class Forward, class Backward, bool attention>
static void run(const Shape& n, memory::dim biases, bool train, double seconds) {
    engine e(engine::kind::cpu, 0);
    stream s(e);
    const auto x = plain({n.steps, n.batch, n.width}, tag::tnc);
    const auto h = plain({1, 1, n.batch, n.width}, tag::ldnc);
    const auto a = plain({n.steps, n.batch, 1}, tag::tnc);
    const auto w = plain({1, 1, n.width, 3, n.width}, tag::any);
    const auto b = plain({1, 1, biases, n.width}, tag::ldgo);
    const auto kind = train ? prop_kind::forward_training : prop_kind::forward_inference;
    const auto direction = rnn_direction::unidirectional_left2right;
    const auto forward = [&] {
        if constexpr (attention)
            return typename Forward::primitive_desc(e, kind, direction, x, h, a, w, w, b, x, h);
        else
            return typename Forward::primitive_desc(e, kind, direction, x, h, w, w, b, x, h);
    }();

    const float bound = 1 / std::sqrt(float(n.width));
    const auto layer = filled(e, s, forward.weights_layer_desc(), tag::ldigo, -bound, bound);
    const auto iter = filled(e, s, forward.weights_iter_desc(), tag::ldigo, -bound, bound);
    Args args{{DNNL_ARG_SRC_LAYER, filled(e, s, x, tag::tnc, -1, 1)},
              {DNNL_ARG_SRC_ITER, filled(e, s, h, tag::ldnc, 0, 0)},
              {DNNL_ARG_BIAS, filled(e, s, b, tag::ldgo, 0, 0)},
              {DNNL_ARG_DST_LAYER, memory(x, e)},
              {DNNL_ARG_DST_ITER, memory(h, e)}};
    if (attention) args.insert({DNNL_ARG_AUGRU_ATTENTION, filled(e, s, a, tag::tnc, 0, 1)});
    if (train) args.insert({DNNL_ARG_WORKSPACE, memory(forward.workspace_desc(), e)});
    Args forward_args = args;
    forward_args.insert({{DNNL_ARG_WEIGHTS_LAYER, layer}, {DNNL_ARG_WEIGHTS_ITER, iter}});
    const Forward ahead(forward);
    if (!train) return measure(seconds, [&] { ahead.execute(s, forward_args), s.wait(); });

    const auto backward = [&] {
        if constexpr (attention)
            return typename Backward::primitive_desc(
                e, prop_kind::backward, direction, x, h, a, w, w, b, x, h, x, h, a, w, w, b, x, h, forward);
        else
            return typename Backward::primitive_desc(
                e, prop_kind::backward, direction, x, h, w, w, b, x, h, x, h, w, w, b, x, h, forward);
    }();
    const auto zeros = [&](const memory::desc& d) {
        memory m(d, e);
        std::fill_n(static_cast<char*>(m.get_data_handle()), d.get_size(), 0);
        return m;
    };
    const auto layer_back = filled(e, s, backward.weights_layer_desc(), tag::ldigo, -bound, bound);
    const auto iter_back = filled(e, s, backward.weights_iter_desc(), tag::ldigo, -bound, bound);
    args.insert({{DNNL_ARG_WEIGHTS_LAYER, layer_back},
                 {DNNL_ARG_WEIGHTS_ITER, iter_back},
                 {DNNL_ARG_DIFF_SRC_LAYER, zeros(x)},
                 {DNNL_ARG_DIFF_SRC_ITER, zeros(h)},
                 {DNNL_ARG_DIFF_WEIGHTS_LAYER, zeros(backward.diff_weights_layer_desc())},
                 {DNNL_ARG_DIFF_WEIGHTS_ITER, zeros(backward.diff_weights_iter_desc())},
                 {DNNL_ARG_DIFF_BIAS, zeros(b)},
                 {DNNL_ARG_DIFF_DST_LAYER, filled(e, s, x, tag::tnc, -1, 1)},
                 {DNNL_ARG_DIFF_DST_ITER, zeros(h)}});
    if (attention) args.insert({DNNL_ARG_DIFF_AUGRU_ATTENTION, zeros(a)});
    const Backward back(backward);
    measure(seconds, [&] { ahead.execute(s, forward_args), back.execute(s, args), s.wait(); });
}

int main(int argc, char** argv) {
    if (argc != 7) return std::fprintf(stderr, "peer-onednn KIND PASS BATCH STEPS WIDTH SECONDS\n"), 2;
    const std::string kind = argv[1];
    const bool train = std::string(argv[2]) == "train";
    const Shape n{std::atol(argv[3]), std::atol(argv[4]), std::atol(argv[5])};
    const double seconds = std::atof(argv[6]);
    if (kind == "gru") run<gru_forward, gru_backward, false>(n, 3, train, seconds);
    if (kind == "lbr_gru") run<lbr_gru_forward, lbr_gru_backward, false>(n, 4, train, seconds);
    if (kind == "augru") run<augru_forward, augru_backward, true>(n, 3, train, seconds);
    if (kind == "lbr_augru") run<lbr_augru_forward, lbr_augru_backward, true>(n, 4, train, seconds);
}
