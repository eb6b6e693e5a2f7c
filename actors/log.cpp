#include "actors/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "actors/line_cap.hpp"
#include "core/printable.hpp"

namespace dispatch::log {
namespace {

/// A provider's answer or a hostile payload may end up in a field: it must not fill the disk.
constexpr std::size_t max_text = 2'048;

constexpr std::string_view level_names[] = {"trace", "debug", "info", "warn", "error"};

void append_quoted(std::string& out, std::string_view text) {
  const bool cut = text.size() > max_text;
  if (cut) text = text.substr(0, max_text);
  out += '"';
  while (!text.empty()) {
    const auto next = first_character(text);
    const char c = text.front();
    // A cut may have gone through a character: that is no invalid byte of the text's.
    if (cut && !next.safe && next.code == 0xfffd && text.size() < 4) break;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (next.safe) {
      out.append(text.substr(0, next.length));
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(next.code));
    }
    text.remove_prefix(next.length);
  }
  out += cut ? "…\"" : "\"";
}

struct append_value {
  std::string& out;

  void operator()(std::string_view text) const { append_quoted(out, text); }
  void operator()(bool flag) const { out += flag ? "true" : "false"; }
  void operator()(std::int64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
  void operator()(double number) const {
    if (std::isfinite(number))
      fmt::format_to(std::back_inserter(out), "{}", number);
    else
      out += "null";
  }
};

void append_time(std::string& out, std::chrono::system_clock::time_point now) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(ms / 1'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms % 1'000);
}

std::string make_line(level which, std::string_view name, std::initializer_list<field> fields,
                      std::uint64_t dropped) {
  std::string line;
  line.reserve(256);
  line += "{\"ts\":\"";
  append_time(line, std::chrono::system_clock::now());
  line += "\",\"level\":\"";
  line += level_names[static_cast<std::size_t>(which)];
  line += "\",\"event\":";
  append_quoted(line, name);
  for (const auto& each : fields) {
    line += ',';
    append_quoted(line, each.name);
    line += ':';
    std::visit(append_value{line}, each.value);
  }
  if (dropped > 0) fmt::format_to(std::back_inserter(line), ",\"dropped\":{}", dropped);
  line += '}';
  return line;
}

struct writer {
  std::atomic<level> least{level::info};
  std::mutex mutex;  ///< guards what follows; spdlog's own locks are left out for it
  line_cap cap;
  std::unique_ptr<spdlog::logger> out = make(std::make_shared<spdlog::sinks::stderr_sink_st>());
  std::string failure;          ///< of the line just written
  std::uint64_t unwritten = 0;  ///< lines in a row

  std::unique_ptr<spdlog::logger> make(spdlog::sink_ptr sink) {
    auto made = std::make_unique<spdlog::logger>("dispatch", std::move(sink));
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    // The cap bounds the lines, so each one can be on its way at once: the last words before a crash count.
    made->flush_on(spdlog::level::trace);
    // A full disk must neither stop the engine nor fill standard error with spdlog's own complaints.
    made->set_error_handler([this](const std::string& why) { failure = why; });
    return made;
  }

  void write(const std::string& line) {
    failure.clear();
    out->log(spdlog::level::info, spdlog::string_view_t(line));
  }

  /// Nobody reads a file that is not written: said once where somebody may see it, and in the file when it
  /// can be written again.
  void add(const std::string& line) {
    write(line);
    if (!failure.empty()) {
      if (unwritten++ == 0)
        std::fprintf(stderr, "%s\n", make_line(level::error, "log_failed", {{"detail", failure}}, 0).c_str());
    } else if (const auto lost = std::exchange(unwritten, 0); lost > 0) {
      write(make_line(level::warn, "log_written_again", {{"unwritten", lost}}, 0));
    }
  }
};

// Never destroyed: threads may still log while the program ends.
writer& instance() {
  static auto* made = new writer;
  return *made;
}

}  // namespace

void open(level least, const std::string& file) {
  spdlog::sink_ptr sink;
  try {
    if (file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
    else
      sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(file);
  } catch (const spdlog::spdlog_ex& problem) {
    throw std::runtime_error("log.file: " + std::string(problem.what()));
  }
  auto& to = instance();
  const std::lock_guard lock(to.mutex);
  to.out = to.make(std::move(sink));
  to.unwritten = 0;
  to.least = least;
}

void set_level(level least) {
  instance().least.store(least, std::memory_order_relaxed);
}

bool enabled(level which) noexcept {
  return which >= instance().least.load(std::memory_order_relaxed);
}

void event(level which, std::string_view name, std::initializer_list<field> fields) {
  auto& to = instance();
  if (which < to.least.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(to.mutex);
  const auto dropped = to.cap.admit(name, std::chrono::steady_clock::now());
  if (!dropped) return;
  to.add(make_line(which, name, fields, *dropped));
}

}  // namespace dispatch::log
