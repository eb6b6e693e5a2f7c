#include "transport/files/regular_file.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace dispatch {
namespace {

class regular_file_test : public ::testing::Test {
 protected:
  regular_file_test() {
    std::string name = (std::filesystem::temp_directory_path() / "dispatch-file-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~regular_file_test() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + '/' + name; }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::string fifo() const {
    EXPECT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
    return path("fifo");
  }
  std::string socket() {
    const auto name = path("s");
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::strncpy(where.sun_path, name.c_str(), sizeof(where.sun_path) - 1);
    const int handle = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(handle, reinterpret_cast<const sockaddr*>(&where), sizeof(where)), 0);
    ::close(handle);
    return name;
  }
  static std::string problem(const std::string& path, std::size_t max_bytes = 100) {
    const auto read = read_file(path, max_bytes);
    const auto* wrong = std::get_if<file_problem>(&read);
    return wrong ? wrong->message : std::string();
  }

  std::string folder_;
};

TEST_F(regular_file_test, is_read_whole_up_to_the_bound) {
  EXPECT_EQ(std::get<std::string>(read_file(file("a", "text\n"), 100)), "text\n");
  EXPECT_EQ(std::get<std::string>(read_file(file("a", std::string("x\0y", 3)), 3)), std::string("x\0y", 3));
  EXPECT_EQ(std::get<std::string>(read_file(file("a", ""), 3)), "");
  EXPECT_EQ(problem(file("a", "four"), 3), path("a") + " is larger than 3 bytes");
}

// What never ends, or never begins, must not hold anybody up: each of these returns at once.
TEST_F(regular_file_test, nothing_else_is_read) {
  const auto not_regular = " is not a regular file";
  EXPECT_EQ(problem(folder_), folder_ + not_regular);
  const auto pipe = fifo();
  EXPECT_EQ(problem(pipe), pipe + not_regular);
  const auto stream = socket();
  EXPECT_EQ(problem(stream), stream + not_regular);
  EXPECT_EQ(problem("/dev/zero"), std::string("/dev/zero") + not_regular);
  EXPECT_EQ(problem(path("none")), "cannot read " + path("none") + ": No such file or directory");
  for (const auto& each : {folder_, pipe, stream, std::string("/dev/zero"), path("none")})
    EXPECT_EQ(why_unreadable(each), problem(each));
  EXPECT_EQ(why_unreadable(file("a", "text")), "");
}

TEST_F(regular_file_test, a_log_can_be_written_where_its_folder_is) {
  EXPECT_EQ(why_unwritable(file("a", "text")), "");
  EXPECT_EQ(why_unwritable(path("new.log")), "");
  EXPECT_FALSE(std::filesystem::exists(path("new.log"))) << "looking makes nothing";
  EXPECT_EQ(why_unwritable("/dev/null"), "");
  EXPECT_NE(why_unwritable(path("none/new.log")), "");
  EXPECT_NE(why_unwritable(file("a", "text") + "/new.log"), "");
  EXPECT_NE(why_unwritable(folder_), "");
  EXPECT_NE(why_unwritable(fifo()), "") << "nobody reads it";
  EXPECT_NE(why_unwritable(socket()), "");
}

TEST(first_line, is_without_its_end) {
  EXPECT_EQ(first_line("a\r\nb"), "a");
  EXPECT_EQ(first_line("a"), "a");
  EXPECT_EQ(first_line("\nb"), "");
}

}  // namespace
}  // namespace dispatch
