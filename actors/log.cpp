#include "actors/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "actors/line_cap.hpp"

namespace dispatch::log {
namespace {

/// A provider's answer or a hostile payload may end up in a field: it must not fill the disk.
constexpr std::size_t max_text = 2'048;

constexpr std::string_view level_names[] = {"trace", "debug", "info", "warn", "error"};

/// Length of the well-formed UTF-8 sequence `text` starts with; 0 when there is none (RFC 3629 section 4).
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  std::size_t length = 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) length = 2;
  if (lead >= 0xe0 && lead <= 0xef) length = 3;
  if (lead >= 0xf0 && lead <= 0xf4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at)
    if ((byte(at) & 0xc0) != 0x80) return 0;
  const unsigned second = byte(1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second > 0x9f;
  const bool beyond = lead == 0xf4 && second > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

void append_quoted(std::string& out, std::string_view text) {
  const bool cut = text.size() > max_text;
  if (cut) text = text.substr(0, max_text);
  out += '"';
  while (!text.empty()) {
    const auto length = sequence_length(text);
    const char c = text.front();
    if (length == 0) {
      // A cut may have gone through a character: that is no invalid byte of the text's.
      if (cut && text.size() < 4) break;
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
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

  static std::unique_ptr<spdlog::logger> make(spdlog::sink_ptr sink) {
    auto made = std::make_unique<spdlog::logger>("dispatch", std::move(sink));
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    // The cap bounds the lines, so each one can be on its way at once: the last words before a crash count.
    made->flush_on(spdlog::level::trace);
    // A full disk must neither stop the engine nor fill standard error with spdlog's own complaints.
    made->set_error_handler([](const std::string&) {});
    return made;
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
  to.out = writer::make(std::move(sink));
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
  to.out->log(spdlog::level::info, spdlog::string_view_t(make_line(which, name, fields, *dropped)));
}

}  // namespace dispatch::log
