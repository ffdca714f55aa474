// ConfigFiles without a file system: what tests give the store instead of one.
#pragma once

#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/glob.h"
#include "config/config_store.h"

namespace gotthard {

class MemoryFiles : public ConfigFiles {
 public:
  struct State {
    std::map<std::string, std::string> files;
    std::string dir = "/start";
    int replace_error = 0;
  };
  explicit MemoryFiles(State* state) : state_(state) {}

  int Read(const std::string& path, std::string* text) override {
    const auto found = state_->files.find(path);
    if (found == state_->files.end()) return ENOENT;
    *text = found->second;
    return 0;
  }
  std::vector<std::string> Glob(const std::string& pattern) override {
    std::vector<std::string> paths;
    for (const auto& [path, text] : state_->files) {
      if (GlobMatch(pattern, path)) paths.push_back(path);
    }
    return paths;
  }
  int ChangeDir(const std::string& path) override {
    if (path == "/missing") return ENOENT;
    state_->dir = path[0] == '/' ? path : state_->dir + '/' + path;
    return 0;
  }
  std::string CurrentDir() override { return state_->dir; }
  int Replace(const std::string& path, const std::string& text) override {
    if (state_->replace_error != 0) return state_->replace_error;
    state_->files[path] = text;
    return 0;
  }

 private:
  State* const state_;
};

// A store over files in memory, and short ways to talk to it.
struct TestStore {
  MemoryFiles::State disk;
  ConfigStore store{std::make_unique<MemoryFiles>(&disk)};

  // Loads the text; "" or the error.
  std::string Load(std::string_view text) {
    return std::string(store.LoadText(text, "the test").text());
  }
  std::string Set(std::vector<ConfigStore::NameValueView> pairs, SetRequest request = {}) {
    return std::string(store.Set(pairs, request).text());
  }
  // The value of one option, or "(none)".
  std::string Get(std::string_view name) {
    const auto found = store.Get(name);
    return found.size() == 1 ? found[0].second : "(none)";
  }
  // Starts the server with these words; "" or the error.
  std::string Start(std::vector<const char*> words) {
    words.insert(words.begin(), "gotthard-server");
    auto line = store.ApplyCommandLine(static_cast<int>(words.size()), words.data());
    return line ? "" : std::string(line.error_text());
  }
};

}  // namespace gotthard
