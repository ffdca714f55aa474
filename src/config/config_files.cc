// ConfigFiles on the real file system.
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

#include "config/config_store.h"

namespace gotthard {

namespace {

constexpr size_t kMaxFileBytes = 16 << 20;

// An open file that is closed when it goes out of scope.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ > STDERR_FILENO) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// The permissions for the new file: the old one's, or what the umask leaves of 0644.
mode_t ModeFor(const std::string& path) {
  struct stat old;
  if (stat(path.c_str(), &old) == 0) return old.st_mode & 07777;
  const mode_t mask = umask(077);
  umask(mask);
  return 0644 & ~mask;
}

class SystemFiles : public ConfigFiles {
 public:
  int Read(const std::string& path, std::string* text) override {
    const File file(path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.fd() < 0) return errno;
    text->clear();
    char chunk[16 << 10];
    while (true) {
      const ssize_t got = read(file.fd(), chunk, sizeof(chunk));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno;
      if (got == 0) return 0;
      if (text->size() + static_cast<size_t>(got) > kMaxFileBytes) return EFBIG;
      text->append(chunk, static_cast<size_t>(got));
    }
  }

  std::vector<std::string> Glob(const std::string& pattern) override {
    std::vector<std::string> paths;
    glob_t found;
    if (glob(pattern.c_str(), 0, nullptr, &found) != 0) return paths;
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    globfree(&found);
    return paths;
  }

  int ChangeDir(const std::string& path) override { return chdir(path.c_str()) == 0 ? 0 : errno; }

  std::string CurrentDir() override {
    char path[PATH_MAX];
    return getcwd(path, sizeof(path)) != nullptr ? path : "";
  }

  int Replace(const std::string& path, const std::string& text) override {
    std::string temporary = path + ".XXXXXX";
    const File file(mkostemp(temporary.data(), O_CLOEXEC));
    if (file.fd() < 0) return errno;
    int error = WriteAll(file.fd(), text);
    if (error == 0 && fchmod(file.fd(), ModeFor(path)) != 0) error = errno;
    if (error == 0 && fsync(file.fd()) != 0) error = errno;
    if (error == 0 && rename(temporary.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) {
      unlink(temporary.c_str());
      return error;
    }
    return SyncDirOf(path);
  }

 private:
  // Without this a power cut may undo the rename.
  static int SyncDirOf(const std::string& path) {
    const size_t slash = path.rfind('/');
    const std::string dir = slash == path.npos ? "." : path.substr(0, slash + 1);
    const File file(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (file.fd() < 0 || fsync(file.fd()) != 0) return errno;
    return 0;
  }
};

}  // namespace

std::unique_ptr<ConfigFiles> ConfigFiles::System() {
  return std::make_unique<SystemFiles>();
}

}  // namespace gotthard
