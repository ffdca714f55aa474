#include "server/oom_score.h"

#include <catch2/catch.hpp>

#include "tests/unit/server/temp_dir.h"

namespace gotthard {
namespace {

class Score {
 public:
  explicit Score(const char* initial) : path_(dir_.File("oom_score_adj")), score_(path_) {
    std::ofstream(path_) << initial;
  }
  // What the file says after the configuration was applied.
  int After(int mode, int first_value) {
    Config config{};
    config.oom_score_adj = mode;
    config.oom_score_adj_values = {first_value, 777, 888};
    const Status applied = score_.Apply(config);
    CHECK(applied.ok());
    return std::stoi(test::ReadFile(path_));
  }

 private:
  test::TempDir dir_;
  std::string path_;
  OomScore score_;
};

TEST_CASE("oom-score-adj adds the first value to what the process began with, or sets it") {
  Score score("10\n");
  CHECK(score.After(Config::kOomScoreNo, 300) == 10);
  CHECK(score.After(Config::kOomScoreRelative, 300) == 310);
  CHECK(score.After(Config::kOomScoreRelative, 200) == 210);  // not on top of the last one
  CHECK(score.After(Config::kOomScoreAbsolute, 500) == 500);
  CHECK(score.After(Config::kOomScoreNo, 500) == 10);  // as it was
}

TEST_CASE("oom-score-adj stays within the kernel's limits") {
  Score score("900\n");
  CHECK(score.After(Config::kOomScoreRelative, 2000) == 1000);
  CHECK(score.After(Config::kOomScoreAbsolute, -2000) == -1000);
}

TEST_CASE("oom-score-adj that cannot be written is an error, unless nothing is asked for") {
  OomScore score("/nonexistent/oom_score_adj");
  Config config{};
  config.oom_score_adj = Config::kOomScoreNo;
  CHECK(score.Apply(config).ok());
  config.oom_score_adj = Config::kOomScoreAbsolute;
  CHECK(score.Apply(config).text() == "Unable to open oom_score_adj: No such file or directory");
}

}  // namespace
}  // namespace gotthard
