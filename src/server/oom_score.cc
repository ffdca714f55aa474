#include "server/oom_score.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace gotthard {
namespace {

Status Failed(const char* what) {
  return Status::Error(std::string("Unable to ") + what +
                       " oom_score_adj: " + std::strerror(errno));
}

}  // namespace

Status OomScore::Apply(const Config& config) {
  if (config.oom_score_adj == Config::kOomScoreNo && !changed_) return Status::Ok();
  const int fd = open(path_.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return Failed("open");
  if (!initial_.has_value()) {
    char text[16];
    const ssize_t length = read(fd, text, sizeof(text));
    int value = 0;
    if (length > 0) std::from_chars(text, text + length, value);
    initial_ = value;
  }
  int score = *initial_;
  const int configured = config.oom_score_adj_values[0];
  if (config.oom_score_adj == Config::kOomScoreRelative) score += configured;
  if (config.oom_score_adj == Config::kOomScoreAbsolute) score = configured;
  const std::string text = std::to_string(std::clamp(score, kMin, kMax)) + "\n";
  const bool written = pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  Status status = written ? Status::Ok() : Failed("write");
  close(fd);
  if (written) changed_ = true;
  return status;
}

}  // namespace gotthard
