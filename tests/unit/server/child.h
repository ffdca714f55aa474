// Code that ends its process, run in a child: its exit status, and what it wrote to a pipe.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace gotthard::test {

// How a child ended.
struct ChildEnd {
  int exit_status = -1;  // -1: a signal ended it
  int signal = 0;
};

// Waits for the child's end.
inline ChildEnd WaitFor(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  ChildEnd end;
  if (WIFEXITED(status)) end.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

// Runs the function in a child, which then exits with 0 if the function has not ended it.
template <typename Function>
pid_t Spawn(Function function) {
  const pid_t child = fork();
  if (child != 0) return child;
  function();
  _exit(0);
}

template <typename Function>
ChildEnd RunInChild(Function function) {
  return WaitFor(Spawn(function));
}

}  // namespace gotthard::test
