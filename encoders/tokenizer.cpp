#include "encoders/tokenizer.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <map>
#include <mutex>

#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/sentencepiece_api.h"
#include "encoders/tokenizer_file.h"

namespace clamp::encoders {
namespace {

using ErrorText = std::array<char, 2048>;

std::string one_line(const ErrorText& text) {
  std::string line = text.data();
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
  return line;
}

/// Loads a module once; a process has few loader namespaces, so they are kept until it ends.
const clamp_sp_api& module_api(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, const clamp_sp_api*> loaded;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = loaded.find(path);
  if (found != loaded.end()) return *found->second;
  void* const handle = dlmopen(LM_ID_NEWLM, path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* const cause = dlerror();
    fail(fmt::format(
        "tokenizer module {} cannot be loaded: {}; it is built with the programs and expected in lib/ "
        "beside bin/",
        path, cause == nullptr ? "no cause given" : cause));
  }
  using Entry = const clamp_sp_api* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(handle, "clamp_sentencepiece"));
  if (entry == nullptr) {
    dlclose(handle);
    fail(fmt::format("{}: is no tokenizer module: symbol clamp_sentencepiece is missing", path));
  }
  return *(loaded[path] = entry());
}

class SentencePiece final : public Tokenizer {
 public:
  SentencePiece(const clamp_sp_api& api, const std::string& path) : api_(api) {
    const std::string bytes = read_file(path);
    ErrorText error{};
    model_ = api_.open(bytes.data(), bytes.size(), error.data(), error.size());
    if (model_ == nullptr) {
      fail(fmt::format("{}: is no sentencepiece model ({} bytes): {}", path, bytes.size(), one_line(error)));
    }
    fingerprint_ = hash_of_bytes(bytes);
  }
  ~SentencePiece() override { api_.close(model_); }
  SentencePiece(const SentencePiece&) = delete;
  SentencePiece& operator=(const SentencePiece&) = delete;

  std::vector<int64_t> encode(const std::string& text) const override {
    std::vector<int32_t> ids(text.size() + 8);
    ErrorText error{};
    const auto run = [&] {
      return api_.encode(model_, text.data(), text.size(), ids.data(), ids.size(), error.data(),
                         error.size());
    };
    int64_t n = run();
    if (n > static_cast<int64_t>(ids.size())) {
      ids.resize(static_cast<size_t>(n));
      n = run();
    }
    if (n < 0) fail(fmt::format("text '{}' cannot be tokenized: {}", text.substr(0, 60), one_line(error)));
    return {ids.begin(), ids.begin() + n};
  }

  std::string decode(const std::vector<int64_t>& ids) const override {
    std::vector<int32_t> narrow;
    for (const int64_t id : ids) {
      if (id < 0 || id >= vocabulary_size()) {
        fail(fmt::format("token id {} is outside the vocabulary of {}", id, vocabulary_size()));
      }
      narrow.push_back(static_cast<int32_t>(id));
    }
    ErrorText error{};
    std::string text(16 * ids.size() + 16, '\0');
    const auto run = [&] {
      return api_.decode(model_, narrow.data(), narrow.size(), text.data(), text.size(), error.data(),
                         error.size());
    };
    int64_t n = run();
    if (n > static_cast<int64_t>(text.size())) {
      text.resize(static_cast<size_t>(n));
      n = run();
    }
    if (n < 0) fail(fmt::format("token ids cannot be decoded: {}", one_line(error)));
    text.resize(static_cast<size_t>(n));
    return text;
  }

  int64_t vocabulary_size() const override { return api_.vocabulary_size(model_); }
  std::string fingerprint() const override { return fingerprint_; }

 private:
  const clamp_sp_api& api_;
  void* model_ = nullptr;
  std::string fingerprint_;
};

struct TrainingContext {
  const std::function<bool(std::string&)>& next_sentence;
  std::string sentence;
  std::string model;
  std::exception_ptr failure;  ///< must not cross the C interface
};

const char* next_of(void* pointer, size_t* size) {
  auto& context = *static_cast<TrainingContext*>(pointer);
  try {
    if (!context.next_sentence(context.sentence)) return nullptr;
  } catch (...) {
    context.failure = std::current_exception();
    return nullptr;
  }
  *size = context.sentence.size();
  return context.sentence.data();
}

void take_model(void* pointer, const char* bytes, size_t size) {
  static_cast<TrainingContext*>(pointer)->model.assign(bytes, size);
}

}  // namespace

std::string default_sentencepiece_module() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) fail(fmt::format("cannot find the running program's folder: {}", error.message()));
  return (program.parent_path().parent_path() / "lib" / "libclamp_sentencepiece.so").string();
}

std::unique_ptr<Tokenizer> load_sentencepiece(const std::string& path, const std::string& module_path) {
  return std::make_unique<SentencePiece>(module_api(module_path), path);
}

std::unique_ptr<Tokenizer> load_sentencepiece(const std::string& path) {
  return load_sentencepiece(path, default_sentencepiece_module());
}

std::string train_sentencepiece(const SentencePieceTraining& config,
                                const std::function<bool(std::string&)>& next_sentence) {
  const std::string arguments = fmt::format(
      "--model_type=unigram --vocab_size={} --character_coverage={} --num_threads={} --byte_fallback=true "
      "--split_digits=true --pad_id=0 --unk_id=1 --eos_id=2 --bos_id=-1 --max_sentence_length=16384 "
      "--normalization_rule_name=nmt_nfkc --hard_vocab_limit=false",
      config.vocabulary_size, config.character_coverage, config.threads);
  TrainingContext context{next_sentence, {}, {}, {}};
  ErrorText error{};
  const int status = module_api(default_sentencepiece_module())
                         .train(arguments.c_str(), next_of, take_model, &context, error.data(), error.size());
  if (context.failure) std::rethrow_exception(context.failure);
  if (status != 0) {
    fail(
        fmt::format("tokenizer of {} pieces cannot be trained: {}", config.vocabulary_size, one_line(error)));
  }
  return context.model;
}

}  // namespace clamp::encoders
