// Where programs say what they do: leveled lines and a progress display, both on stderr.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace clamp {

enum class LogLevel { kQuiet, kInfo, kVerbose };

/// Leveled lines on stderr. Libraries take one by reference and never print otherwise.
class Logger {
 public:
  explicit Logger(LogLevel level = LogLevel::kInfo) : level_(level) {}
  void info(const std::string& line);
  void verbose(const std::string& line);
  /// Shown at every level.
  void warn(const std::string& line);
  LogLevel level() const { return level_; }

 private:
  friend class Progress;
  void write(const std::string& line);

  LogLevel level_;
  std::atomic<bool> progress_shown_{false};  // an unfinished progress line is on the terminal
};

/// Progress with rate and time left: one rewritten line on a terminal, a plain line every ten seconds
/// elsewhere.
class Progress {
 public:
  /// @param unit what is counted ("structures", "steps")
  Progress(Logger& logger, std::string title, int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// The first call may start above 0 (a resumed run); the rate counts from it.
  /// `note` is shown behind the rate ("loss 0.31").
  void update(int64_t done, const std::string& note = "");
  void finish();

 private:
  void draw(const std::string& note, bool last);

  Logger& logger_;
  std::string title_;
  std::string unit_;
  int64_t total_;
  int64_t done_ = 0;
  int64_t start_done_ = -1;
  bool terminal_;
  bool finished_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_draw_;
};

}  // namespace clamp
