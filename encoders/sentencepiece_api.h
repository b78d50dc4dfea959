// Plain C interface of libclamp_sentencepiece.so, the only part of the project that links sentencepiece.
//
// Debian's libsentencepiece and libtorch bring two copies of protobuf into one process, which ends in SIGSEGV
// before main. The module is therefore loaded into a namespace of its own (dlmopen), and nothing but numbers
// and the caller's buffers cross this border: the two sides do not even share a heap.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

/// Every function reports failure by its return value and writes a text into `error` (cut to `error_size`).
struct clamp_sp_api {
  /// A model from the bytes of its file, or null.
  void* (*open)(const char* bytes, size_t size, char* error, size_t error_size);
  void (*close)(void* model);
  int64_t (*vocabulary_size)(void* model);
  /// Number of ids, also where it exceeds `capacity` (then nothing is written); -1 on failure.
  int64_t (*encode)(void* model, const char* text, size_t size, int32_t* ids, size_t capacity, char* error,
                    size_t error_size);
  /// Number of bytes, also where it exceeds `capacity` (then nothing is written); -1 on failure.
  int64_t (*decode)(void* model, const int32_t* ids, size_t count, char* text, size_t capacity, char* error,
                    size_t error_size);
  /// Trains a model on the sentences that `next` gives (null at the end; valid until the next call) and hands
  /// its bytes to `take`. 0, or -1 on failure.
  int (*train)(const char* arguments, const char* (*next)(void* context, size_t* size),
               void (*take)(void* context, const char* bytes, size_t size), void* context, char* error,
               size_t error_size);
};

/// The one exported symbol.
const clamp_sp_api* clamp_sentencepiece();
}
