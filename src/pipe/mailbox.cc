#include "pipe/mailbox.h"

namespace gotthard {

Mailbox::~Mailbox() {
  CommandBatch* batch = nullptr;
  while (queue_.try_dequeue(consumer_token_, batch)) delete batch;
}

}  // namespace gotthard
