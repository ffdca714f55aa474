// ConfigStore: owns the Config, and everything that reads or writes it by name: files, the command
// line, CONFIG GET, SET and REWRITE.
//
// Owning thread: main before the threads start, the execution thread after. Nothing here blocks but
// the reading of files at start and Rewrite, which syncs a file and its directory.
//
// Limits: a file of 16 MB, includes 16 deep, 1000 included files. What is past them is an error
// that says so.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "config/command_line.h"
#include "config/config.h"
#include "config/option_table.h"

namespace gotthard {

// What the store needs of the operating system, so that a test or a fuzzer can do without.
// Failures are errno values; 0 is success.
class ConfigFiles {
 public:
  virtual ~ConfigFiles() = default;
  virtual int Read(const std::string& path, std::string* text) = 0;  // "-": standard input
  virtual std::vector<std::string> Glob(const std::string& pattern) = 0;
  virtual int ChangeDir(const std::string& path) = 0;
  virtual std::string CurrentDir() = 0;
  // Puts `text` in the place of the file in one step, durably; keeps the permissions it had.
  virtual int Replace(const std::string& path, const std::string& text) = 0;

  static std::unique_ptr<ConfigFiles> System();
};

// Who asks for a change.
struct SetRequest {
  bool client_is_local = false;  // a Unix socket or the loopback interface
  bool loading = false;          // the data set is being loaded
};

class ConfigStore {
 public:
  using NameValue = std::pair<std::string, std::string>;
  using NameValueView = std::pair<std::string_view, std::string_view>;
  // Called after a change; an error undoes the whole CONFIG SET, and the hooks that had run are
  // called again with the old values. May not call Set.
  using Hook = std::function<Status(const Config&)>;
  // Judges the arguments of a `user` or `rename-command` line while it is being read.
  using DirectiveCheck = std::function<Status(std::span<const std::string>)>;

  explicit ConfigStore(std::unique_ptr<ConfigFiles> files = ConfigFiles::System());

  const Config& values() const { return values_; }

  // --- Start. An error's text is several lines for a person: source, line number, the line, and
  // what would be right; lines before the wrong one have taken effect.

  // Parses the command line and, unless it only asks for help or the version, loads what it names:
  // the file, then standard input, then the options; later ones win.
  Result<CommandLine> ApplyCommandLine(int argc, const char* const* argv);
  // Loads a file, which CONFIG REWRITE then rewrites. "-" is standard input, and not rewritten.
  Status LoadFile(const std::string& path);
  // Loads directives. `source` names them in messages; the first line has number `first_line`.
  Status LoadText(std::string_view text, std::string_view source, int first_line = 1);
  // Directives given so far that have no effect yet, each once, in the order met.
  const std::vector<std::string>& given_without_effect() const { return given_without_effect_; }
  // The absolute path of the file that was loaded; empty if none was.
  const std::string& config_file() const { return config_file_; }

  // --- Wiring.

  // Calls `hook` once per successful Set that changed at least one of `names`.
  // REQUIRES: each is the name of an option.
  void OnChange(std::initializer_list<std::string_view> names, Hook hook);
  void OnChange(std::string_view name, Hook hook) { OnChange({name}, std::move(hook)); }
  // REQUIRES: directive is "user" or "rename-command".
  void OnDirective(std::string_view directive, DirectiveCheck check);
  // Where CONFIG REWRITE gets the `user` lines from (each with the word `user`). Without it, those
  // of the old file stay as they are; with an aclfile, they go.
  void SetUserLines(std::function<std::vector<std::string>()> lines) {
    user_lines_ = std::move(lines);
  }

  // --- Run time. Errors have the exact texts of Redis, code first.

  // CONFIG SET: all or nothing.
  Status Set(std::span<const NameValueView> pairs, const SetRequest& request);
  // CONFIG GET: what any of the patterns matches, once each. A name without a glob character is
  // reported as it was written; patterns never match hidden options.
  std::vector<NameValue> Get(std::span<const std::string_view> patterns) const;
  std::vector<NameValue> Get(std::string_view pattern) const { return Get({&pattern, 1}); }
  // CONFIG REWRITE. `force_all` writes every option, for DEBUG CONFIG-REWRITE-FORCE-ALL.
  Status Rewrite(bool force_all = false);
  // Whether the value of this option must not be shown.
  static bool IsSensitive(std::string_view name);
  // For the server's own changes (REPLICAOF): no checks, no hooks, and Rewrite knows of it.
  Config& mutable_values() { return values_; }
  // The lines of the options that matter for a crash report.
  std::string DebugInfo() const;

 private:
  struct Hooked {
    std::vector<const OptionRow*> rows;
    Hook hook;
  };
  // Where a line of configuration comes from, for messages.
  struct Line {
    std::string_view source;
    int number;
    std::string_view text;
  };
  // One pair of a CONFIG SET.
  struct Change {
    const OptionRow* row;
    std::string_view name;  // as the table writes the name that was used
    std::string_view value;
  };

  // config_load.cc
  Status LoadTextAt(std::string_view text, std::string_view source, int first_line, int depth);
  Status ApplyLine(const Line& line, int depth);
  Status ApplyOption(const OptionRow& row, std::span<const std::string> args);
  Status ApplyDirective(const Line& line, const DirectiveRow& row,
                        std::span<const std::string> words, int depth);
  Status Include(const Line& line, const std::string& pattern, int depth);
  Status CheckTogether(std::string_view source);
  void NoteGiven(std::string_view name);

  // config_store.cc
  static void ClampTogether(Config* config);
  Result<std::vector<Change>> CheckRequest(std::span<const NameValueView> pairs,
                                           const SetRequest& request) const;
  Status Apply(const std::vector<Change>& changes, Config next);
  Status RunHooks(const std::vector<Change>& changes, const Config& before,
                  std::vector<const Hook*>* ran, const Change** failed);

  static constexpr int64_t kMinHz = 1;
  static constexpr int64_t kMaxHz = 500;

  std::unique_ptr<ConfigFiles> files_;
  Config values_;
  bool save_seen_ = false;
  int files_read_ = 0;
  std::string config_file_;
  std::vector<std::string> given_without_effect_;
  std::vector<Hooked> hooks_;
  DirectiveCheck check_user_;
  DirectiveCheck check_rename_command_;
  std::function<std::vector<std::string>()> user_lines_;
};

}  // namespace gotthard
