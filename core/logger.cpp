#include "core/logger.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace clamp {
namespace {

constexpr auto kTerminalInterval = std::chrono::milliseconds(100);
constexpr auto kPlainInterval = std::chrono::seconds(10);
// Back to the first column and clear: removes a progress line before something else is written.
constexpr const char* kClearLine = "\r\033[K";

// One call a line, so that lines of several threads do not mix.
void write_stderr(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

std::string duration_text(double seconds) {
  const auto total = static_cast<int64_t>(seconds + 0.5);
  if (total < 60) return fmt::format("{} s", total);
  if (total < 3600) return fmt::format("{} min {:02} s", total / 60, total % 60);
  return fmt::format("{} h {:02} min", total / 3600, total / 60 % 60);
}

std::string rate_text(double rate) {
  if (rate >= 100) return fmt::format("{:.0f}", rate);
  if (rate >= 1) return fmt::format("{:.1f}", rate);
  return fmt::format("{:.3f}", rate);
}

}  // namespace

void Logger::write(const std::string& line) {
  const bool clear = progress_shown_.exchange(false);
  write_stderr((clear ? kClearLine : "") + line + "\n");
}

void Logger::info(const std::string& line) {
  if (level_ != LogLevel::kQuiet) write(line);
}

void Logger::verbose(const std::string& line) {
  if (level_ == LogLevel::kVerbose) write(line);
}

void Logger::warn(const std::string& line) { write("warning: " + line); }

Progress::Progress(Logger& logger, std::string title, int64_t total, std::string unit)
    : logger_(logger),
      title_(std::move(title)),
      unit_(std::move(unit)),
      total_(total),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_draw_(start_) {}

Progress::~Progress() {
  // Left by an error: the line on the terminal stays and what follows begins a new one.
  if (!finished_ && logger_.progress_shown_.exchange(false)) write_stderr("\n");
}

void Progress::update(int64_t done, const std::string& note) {
  const auto now = std::chrono::steady_clock::now();
  if (start_done_ < 0) {
    start_done_ = done;
    start_ = now;
  }
  done_ = done;
  const bool due = terminal_ ? now - last_draw_ >= kTerminalInterval : now - last_draw_ >= kPlainInterval;
  if (due) draw(note, false);
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  draw("", true);
}

void Progress::draw(const std::string& note, bool last) {
  if (logger_.level() == LogLevel::kQuiet) return;
  last_draw_ = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(last_draw_ - start_).count();
  const double rate =
      seconds > 0 ? static_cast<double>(done_ - std::max<int64_t>(start_done_, 0)) / seconds : 0;
  std::string line = fmt::format("{}: {}", title_, done_);
  if (total_ > 0) line += fmt::format("/{}", total_);
  line += " " + unit_;
  if (total_ > 0 && !last)
    line += fmt::format(" ({:.0f} %)", 100.0 * static_cast<double>(done_) / static_cast<double>(total_));
  if (rate > 0) line += fmt::format(", {} {}/s", rate_text(rate), unit_);
  if (last) {
    line += ", " + duration_text(seconds);
  } else if (rate > 0 && total_ > done_) {
    line += ", " + duration_text(static_cast<double>(total_ - done_) / rate) + " left";
  }
  if (!note.empty()) line += ", " + note;
  write_stderr((terminal_ ? kClearLine : "") + line + (terminal_ && !last ? "" : "\n"));
  logger_.progress_shown_ = terminal_ && !last;
}

}  // namespace clamp
