// Count-Min sketches: the CMS family.
#include <catch2/catch.hpp>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

TEST_CASE("CMS.INCRBY counts, CMS.QUERY tells") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("CMS.INITBYDIM c 2000 5") == Ok());
  CHECK(run("CMS.INCRBY c a 5 b 3 a 1") == Array({Int(5), Int(3), Int(6)}));
  CHECK(run("CMS.QUERY c a b nothing") == Array({Int(6), Int(3), Int(0)}));
  CHECK(run("CMS.INFO c") ==
        Array({Simple("width"), Int(2000), Simple("depth"), Int(5), Simple("count"), Int(9)}));
  CHECK(run("TYPE c") == Simple("CMSk-TYPE"));
  CHECK(run("CMS.INITBYPROB p 0.001 0.01") == Ok());
  CHECK(run("CMS.INFO p").elements[1] == Int(2000));
  CHECK(run("CMS.INFO p").elements[3] == Int(7));
  CHECK(run("CMS.INCRBY c a 4294967295") == Array({Error("CMS: INCRBY overflow")}));
}

TEST_CASE("The CMS family's errors") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("CMS.INITBYDIM c 10 2");
  run("SET s x");
  CHECK(run("CMS.INITBYDIM c 10 2") == Error("CMS: key already exists"));
  CHECK(run("CMS.INITBYPROB s 0.1 0.1") == Error("CMS: key already exists"));
  CHECK(run("CMS.INITBYDIM x 0 2") == Error("CMS: invalid width"));
  CHECK(run("CMS.INITBYDIM x 2 y") == Error("CMS: invalid depth"));
  CHECK(run("CMS.INITBYDIM x 9223372036854775807 2") == Error("CMS: invalid init arguments"));
  CHECK(run("CMS.INITBYDIM x 4611686018427387904 1") ==
        Error("CMS: Insufficient memory to create the key"));
  // More than any machine has, though the system may promise it.
  CHECK(run("CMS.INITBYPROB x 1e-12 0.1") == Error("CMS: Insufficient memory to create the key"));
  CHECK(run("CMS.INITBYPROB x 1 0.1") == Error("CMS: invalid overestimation value"));
  CHECK(run("CMS.INITBYPROB x 0.1 0") == Error("CMS: invalid prob value"));
  CHECK(run("CMS.INCRBY missing a 1") == Error("CMS: key does not exist"));
  CHECK(run("CMS.INCRBY c a 1 b x") == Error("CMS: Cannot parse number"));
  CHECK(run("CMS.INCRBY c a -1") == Error("CMS: Number cannot be negative"));
  CHECK(run("CMS.INCRBY c a 1 b") ==
        Error("ERR wrong number of arguments for 'cms.incrby' command"));
  CHECK(run("CMS.QUERY c a b") == Array({Int(0), Int(0)}));
  CHECK(run("CMS.QUERY missing a") == Error("CMS: key does not exist"));
  CHECK(run("CMS.QUERY s a") ==
        Error("WRONGTYPE Operation against a key holding the wrong kind of value"));
  CHECK(run("CMS.INFO missing") == Error("CMS: key does not exist"));
}

TEST_CASE("CMS.MERGE sums sketches, with weights") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  for (const char* key : {"a", "b", "d"}) h.Run({"CMS.INITBYDIM", key, "100", "4"});
  run("CMS.INITBYDIM other 10 4");
  run("CMS.INCRBY a x 2");
  run("CMS.INCRBY b x 3 y 4");
  CHECK(run("CMS.MERGE d 2 a b") == Ok());
  CHECK(run("CMS.QUERY d x y") == Array({Int(5), Int(4)}));
  CHECK(run("CMS.MERGE d 2 a b WEIGHTS 10 2") == Ok());
  CHECK(run("CMS.QUERY d x y") == Array({Int(26), Int(8)}));
  CHECK(run("CMS.MERGE d 2 d a") == Ok());
  CHECK(run("CMS.QUERY d x y") == Array({Int(28), Int(8)}));
  CHECK(run("CMS.MERGE d 1 a b") == Error("CMS: wrong number of keys"));
  CHECK(run("CMS.MERGE d 2 a b WEIGHTS 1") == Error("CMS: wrong number of keys/weights"));
  CHECK(run("CMS.MERGE d 1 a WEIGHTS x") == Error("CMS: invalid weight value"));
  CHECK(run("CMS.MERGE d x a") == Error("CMS: invalid numkeys"));
  CHECK(run("CMS.MERGE d 0 a") == Error("CMS: Number of keys must be positive"));
  CHECK(run("CMS.MERGE d 1 missing") == Error("CMS: key does not exist"));
  CHECK(run("CMS.MERGE missing 1 a") == Error("CMS: key does not exist"));
  CHECK(run("CMS.MERGE d 1 other") == Error("CMS: width/depth is not equal"));
  CHECK(run("CMS.MERGE d 1 a WEIGHTS -1") == Error("CMS: MERGE overflow"));
  CHECK(run("CMS.QUERY d x y") == Array({Int(28), Int(8)}));
}
