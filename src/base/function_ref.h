// FunctionRef: a callable passed down a call without owning or allocating anything.
//
// For parameters only: the callable must live until the call that got the FunctionRef returns.
// Two words; a call costs one indirect jump.
//
// Owning thread: any; a FunctionRef is a value.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace gotthard {

template <typename Signature>
class FunctionRef;

template <typename R, typename... A>
class FunctionRef<R(A...)> {
 public:
  template <typename F, typename = std::enable_if_t<!std::is_same_v<std::decay_t<F>, FunctionRef> &&
                                                    std::is_invocable_r_v<R, F&, A...>>>
  // NOLINTNEXTLINE(google-explicit-constructor): a lambda is passed where a FunctionRef is taken.
  FunctionRef(F&& function)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, A... arguments) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<A>(arguments)...);
        }) {}

  R operator()(A... arguments) const { return call_(object_, std::forward<A>(arguments)...); }

 private:
  void* object_;
  R (*call_)(void*, A...);
};

}  // namespace gotthard
