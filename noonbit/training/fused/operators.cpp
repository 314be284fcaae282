// PyTorch's convolutions and matrix products, called without Python.
//
// PyTorch exports its operators as C functions, whose interface it keeps for models that are
// compiled ahead of time; operators.py finds their addresses.

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>

#include "call.h"

namespace {

using Handle = void*;   // of a tensor
using Error = int32_t;  // 0: none

// Addresses of PyTorch's functions; operators.py has the same fields.
struct PyTorch {
    Error (*create_tensor_from_blob)(void*, int64_t, const int64_t*, const int64_t*, int64_t,
                                     int32_t, int32_t, int32_t, Handle*);
    Error (*empty_strided)(int64_t, const int64_t*, const int64_t*, int32_t, int32_t, int32_t,
                           Handle*);
    Error (*delete_tensor_object)(Handle);
    Error (*get_data_ptr)(Handle, void**);
    Error (*get_strides)(Handle, int64_t**);
    Error (*copy)(Handle, Handle, int32_t);
    Error (*mm_out)(Handle, Handle, Handle);
    Error (*addmm_out)(Handle, Handle, Handle, Handle, double, double);
    Error (*convolution)(Handle, Handle, Handle*, const int64_t*, int64_t, const int64_t*, int64_t,
                         const int64_t*, int64_t, int32_t, const int64_t*, int64_t, int64_t,
                         Handle*);
    Error (*convolution_backward)(Handle, Handle, Handle, const int64_t**, int64_t, const int64_t*,
                                  int64_t, const int64_t*, int64_t, const int64_t*, int64_t,
                                  int32_t, const int64_t*, int64_t, int64_t, const int32_t*,
                                  int64_t, Handle*, Handle*, Handle*);
    const char* (*last_error)();  // of this thread; null in older versions
} pytorch;

std::mutex refusing;
std::string refusal;  // why PyTorch refused a call, in its own words

// Lets a call end, with PyTorch's words, where one of its functions fails.
class Refused {};

void require(Error error) {
    if (!error) return;
    std::lock_guard<std::mutex> lock(refusing);
    refusal = pytorch.last_error ? pytorch.last_error() : "";
    throw Refused();
}

constexpr int32_t CPU = 0;

// The shape of a tensor of up to four dimensions and its order in memory, in elements.
struct Layout {
    int64_t dimensions, sizes[4], strides[4];
    int32_t dtype;
};

// A tensor over memory that it does not own, or one that PyTorch has returned.
class Tensor {
  public:
    Handle handle = nullptr;

    Tensor() = default;
    Tensor(void* data, const Layout& layout) {
        if (data)
            require(pytorch.create_tensor_from_blob(data, layout.dimensions, layout.sizes,
                                                    layout.strides, 0, layout.dtype, CPU, 0,
                                                    &handle));
    }
    Tensor(const Tensor&) = delete;
    ~Tensor() {
        if (handle) pytorch.delete_tensor_object(handle);
    }

    bool has_strides(const Layout& layout) const {
        int64_t* strides;
        require(pytorch.get_strides(handle, &strides));
        return std::equal(layout.strides, layout.strides + layout.dimensions, strides);
    }

    // Lets a program use its memory, in this layout, until the program releases the owner.
    void give(const Layout& layout, Value& data, Value& owner) {
        if (!has_strides(layout)) {
            Tensor original;
            original.handle = std::exchange(handle, nullptr);
            require(pytorch.empty_strided(layout.dimensions, layout.sizes, layout.strides,
                                          layout.dtype, CPU, 0, &handle));
            require(pytorch.copy(handle, original.handle, 0));
        }
        require(pytorch.get_data_ptr(handle, &data.pointer));
        owner.pointer = std::exchange(handle, nullptr);
    }
};

// Frees what an operator returned, after its last use.
void release(Value& owner) {
    if (Handle handle = std::exchange(owner.pointer, nullptr)) pytorch.delete_tensor_object(handle);
}

// What an `nn.Conv2d` says, and which gradients are wanted: of its input, its weight, its bias.
struct Convolution {
    int64_t stride[2], padding[2], dilation[2], groups;
    int32_t wanted[3];
};

constexpr int64_t NO_OUTPUT_PADDING[2] = {0, 0};

void convolution(void* x, const Layout& x_layout, void* weight, const Layout& weight_layout,
                 void* bias, const Layout& bias_layout, const Convolution& v, Value& y,
                 const Layout& y_layout, Value& owner) {
    Tensor input(x, x_layout), weights(weight, weight_layout), biases(bias, bias_layout), result;
    require(pytorch.convolution(input.handle, weights.handle, bias ? &biases.handle : nullptr,
                                v.stride, 2, v.padding, 2, v.dilation, 2, false, NO_OUTPUT_PADDING,
                                2, v.groups, &result.handle));
    result.give(y_layout, y, owner);
}

void convolution_back(void* dy, const Layout& dy_layout, void* x, const Layout& x_layout,
                      void* weight, const Layout& weight_layout, const Convolution& v, Value& dx,
                      Value& owner, void* dweight, const Layout& dweight_layout, void* dbias,
                      const Layout& dbias_layout) {
    Tensor output_gradient(dy, dy_layout), input(x, x_layout), weights(weight, weight_layout);
    Tensor input_gradient, weight_gradient, bias_gradient;
    const int64_t* filters = weight_layout.sizes;
    require(pytorch.convolution_backward(
        output_gradient.handle, input.handle, weights.handle, dbias ? &filters : nullptr,
        dbias ? 1 : 0, v.stride, 2, v.padding, 2, v.dilation, 2, false, NO_OUTPUT_PADDING, 2,
        v.groups, v.wanted, 3, &input_gradient.handle, &weight_gradient.handle,
        &bias_gradient.handle));
    if (v.wanted[1])
        require(pytorch.copy(Tensor(dweight, dweight_layout).handle, weight_gradient.handle, 0));
    if (v.wanted[2])
        require(pytorch.copy(Tensor(dbias, dbias_layout).handle, bias_gradient.handle, 0));
    if (v.wanted[0]) input_gradient.give(x_layout, dx, owner);
}

// left @ right, plus a row if there is one.
void matrix_product(void* left, const Layout& left_layout, void* right, const Layout& right_layout,
                    void* row, const Layout& row_layout, void* result,
                    const Layout& result_layout) {
    Tensor a(left, left_layout), b(right, right_layout), c(row, row_layout);
    Tensor out(result, result_layout);
    if (row) require(pytorch.addmm_out(out.handle, c.handle, a.handle, b.handle, 1, 1));
    else require(pytorch.mm_out(out.handle, a.handle, b.handle));
}

template <auto Function> Status call_or_refuse(Arguments values) {
    try {
        return Callable<Function>::call(values);
    } catch (const Refused&) {
        return Status::REFUSED;
    }
}

template <auto Function> constexpr Kernel operator_kernel(const char* name) {
    return {name, Callable<Function>::kinds, call_or_refuse<Function>};
}

constexpr Kernel KERNELS[] = {
    operator_kernel<convolution>("convolution"),
    operator_kernel<convolution_back>("convolution_back"),
    operator_kernel<matrix_product>("matrix_product"),
    operator_kernel<release>("release"),
    {},
};

}  // namespace

extern "C" {
const Kernel* kernels() { return KERNELS; }

void connect_pytorch(const PyTorch* addresses) { pytorch = *addresses; }

const char* last_refusal() { return refusal.c_str(); }
}
