// Any bytes as a configuration file: loading them, reporting and rewriting what they set must not
// crash, and what was rewritten must load again to the same values.
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "config/config_store.h"
#include "config/rewrite.h"

namespace {

// No file system: an include finds nothing, and dir goes nowhere.
class NoFiles : public gotthard::ConfigFiles {
 public:
  int Read(const std::string&, std::string*) override { return ENOENT; }
  std::vector<std::string> Glob(const std::string&) override { return {}; }
  int ChangeDir(const std::string& path) override {
    dir_ = path;
    return 0;
  }
  std::string CurrentDir() override { return dir_; }
  int Replace(const std::string&, const std::string&) override { return 0; }

 private:
  std::string dir_ = "/";
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gotthard::ConfigStore;
  const std::string text(reinterpret_cast<const char*>(data), size);
  ConfigStore store(std::make_unique<NoFiles>());
  if (!store.LoadText(text, "the fuzzer").ok()) return 0;
  const std::string rewritten = gotthard::RewriteConfigText(text, store.values(), {});
  ConfigStore again(std::make_unique<NoFiles>());
  if (!again.LoadText(rewritten, "the rewritten file").ok()) abort();
  if (again.Get("*") != store.Get("*")) abort();
  return 0;
}
