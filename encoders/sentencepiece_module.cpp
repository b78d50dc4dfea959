// libclamp_sentencepiece.so: sentencepiece behind a plain C interface (see sentencepiece_api.h).
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "encoders/sentencepiece_api.h"

namespace sentencepiece::logging {
void SetMinLogLevel(int level);  // exported by the library, in none of its installed headers
}  // namespace sentencepiece::logging

namespace {

using sentencepiece::SentencePieceProcessor;

void put(const std::string& text, char* error, size_t error_size) {
  if (error_size == 0) return;
  const size_t n = std::min(text.size(), error_size - 1);
  std::memcpy(error, text.data(), n);
  error[n] = '\0';
}

/// Runs `work`; an exception becomes a text and the value `failed`.
template <typename T, typename Work>
T guarded(T failed, char* error, size_t error_size, Work work) {
  try {
    return work();
  } catch (const std::exception& exception) {
    put(exception.what(), error, error_size);
  } catch (...) {
    put("unknown exception", error, error_size);
  }
  return failed;
}

void* open_model(const char* bytes, size_t size, char* error, size_t error_size) {
  return guarded<void*>(nullptr, error, error_size, [&]() -> void* {
    sentencepiece::logging::SetMinLogLevel(3);  // its own lines on stderr; failures come back as a status
    auto processor = std::make_unique<SentencePieceProcessor>();
    const auto status = processor->LoadFromSerializedProto({bytes, size});
    if (!status.ok()) {
      put(status.ToString(), error, error_size);
      return nullptr;
    }
    return processor.release();
  });
}

void close_model(void* model) { delete static_cast<SentencePieceProcessor*>(model); }

int64_t vocabulary_size(void* model) { return static_cast<SentencePieceProcessor*>(model)->GetPieceSize(); }

int64_t encode(void* model, const char* text, size_t size, int32_t* ids, size_t capacity, char* error,
               size_t error_size) {
  return guarded<int64_t>(-1, error, error_size, [&]() -> int64_t {
    std::vector<int> found;
    const auto status = static_cast<SentencePieceProcessor*>(model)->Encode({text, size}, &found);
    if (!status.ok()) {
      put(status.ToString(), error, error_size);
      return -1;
    }
    if (found.size() <= capacity) std::copy(found.begin(), found.end(), ids);
    return static_cast<int64_t>(found.size());
  });
}

int64_t decode(void* model, const int32_t* ids, size_t count, char* text, size_t capacity, char* error,
               size_t error_size) {
  return guarded<int64_t>(-1, error, error_size, [&]() -> int64_t {
    std::string found;
    const auto status =
        static_cast<SentencePieceProcessor*>(model)->Decode(std::vector<int>(ids, ids + count), &found);
    if (!status.ok()) {
      put(status.ToString(), error, error_size);
      return -1;
    }
    if (found.size() <= capacity) std::copy(found.begin(), found.end(), text);
    return static_cast<int64_t>(found.size());
  });
}

using NextSentence = const char* (*)(void* context, size_t* size);

class CallbackIterator : public sentencepiece::SentenceIterator {
 public:
  CallbackIterator(NextSentence next, void* context) : next_(next), context_(context) { advance(); }
  bool done() const override { return done_; }
  void Next() override { advance(); }
  const std::string& value() const override { return value_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void advance() {
    size_t size = 0;
    const char* const text = next_(context_, &size);
    done_ = text == nullptr;
    value_.assign(done_ ? "" : text, size);
  }

  NextSentence next_;
  void* context_;
  std::string value_;
  bool done_ = false;
};

int train(const char* arguments, NextSentence next, void (*take)(void*, const char*, size_t), void* context,
          char* error, size_t error_size) {
  return guarded<int>(-1, error, error_size, [&]() -> int {
    sentencepiece::logging::SetMinLogLevel(2);
    CallbackIterator sentences(next, context);
    std::string model;
    const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &sentences, &model);
    if (!status.ok()) {
      put(status.ToString(), error, error_size);
      return -1;
    }
    take(context, model.data(), model.size());
    return 0;
  });
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const clamp_sp_api* clamp_sentencepiece() {
  static const clamp_sp_api api = {open_model, close_model, vocabulary_size, encode, decode, train};
  return &api;
}
