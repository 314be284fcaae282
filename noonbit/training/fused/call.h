// How a program calls a kernel: by one address for each argument.
//
// A program (program.py) is a list of calls that runs without Python. All kernels are called in the
// same way, so that a list can hold any of them; their own signatures say what is read from where.

#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

union Value {
    void* pointer;
    int64_t integer;
    double number;
};

using Arguments = Value* const*;

// Of program.py: how a call ended. After one that is waiting, the next may only begin when all other
// shares of the batch have come as far.
enum class Status : int32_t { DONE, NO_MEMORY, REFUSED, WAITING };

// Of kernels.py: how an argument is passed. A structure is passed by its address.
template <class A> constexpr char kind_of() {
    using Plain = std::remove_cv_t<std::remove_reference_t<A>>;
    if (std::is_same_v<Plain, Value>) return 'v';  // the kernel stores a result there
    if (std::is_pointer_v<Plain> || std::is_class_v<Plain>) return 'p';
    return std::is_floating_point_v<Plain> ? 'n' : 'i';
}

template <class A> A argument(Value& value) {
    using Plain = std::remove_reference_t<A>;
    if constexpr (kind_of<A>() == 'v') return value;
    else if constexpr (std::is_pointer_v<Plain>) return static_cast<Plain>(value.pointer);
    else if constexpr (std::is_class_v<Plain>) return *static_cast<Plain*>(value.pointer);
    else if constexpr (kind_of<A>() == 'n') return static_cast<A>(value.number);
    else return static_cast<A>(value.integer);
}

struct Kernel {
    const char *name, *kinds;
    Status (*call)(Arguments);
};

template <auto Function> struct Callable;

template <class Result, class... A, Result (*Function)(A...)> struct Callable<Function> {
    static constexpr char kinds[] = {kind_of<A>()..., 0};

    template <std::size_t... I> static Status unpack(Arguments values, std::index_sequence<I...>) {
        if constexpr (std::is_void_v<Result>)
            return Function(argument<A>(*values[I])...), Status::DONE;
        else return Function(argument<A>(*values[I])...);
    }

    static Status call(Arguments values) {
        try {
            return unpack(values, std::index_sequence_for<A...>());
        } catch (const std::bad_alloc&) {
            return Status::NO_MEMORY;
        }
    }
};

template <auto Function> constexpr Kernel kernel(const char* name) {
    return {name, Callable<Function>::kinds, Callable<Function>::call};
}
