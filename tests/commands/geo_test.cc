// Geo: what a client can rely on, as dialogues. The figures are Redis's.
#include <catch2/catch.hpp>
#include <string_view>

#include "tests/commands/harness.h"

using namespace gotthard;

namespace {

const ReplyValue kSyntax = Error("ERR syntax error");

void AddSicily(Harness& h) {
  CHECK(h.Run("GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania") == Int(2));
  CHECK(h.Run("GEOADD Sicily 13.583333 37.316667 Agrigento") == Int(1));
}

}  // namespace

TEST_CASE("GEOADD stores places, with ZADD's options") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  AddSicily(h);
  CHECK(run("TYPE Sicily") == Simple("zset"));
  CHECK(run("ZSCORE Sicily Palermo") == Bulk("3479099956230698"));
  CHECK(run("GEOADD Sicily NX 1 1 Palermo 2 2 New") == Int(1));
  CHECK(run("GEOADD Sicily XX CH 3 3 New 4 4 Other") == Int(1));
  CHECK(run("GEOADD Sicily NX XX 1 1 a") == kSyntax);
  CHECK(run("GEOADD Sicily 1 1") == Error("ERR wrong number of arguments for 'geoadd' command"));
  CHECK(run("GEOADD Sicily 1 1 a 2") == kSyntax);
  CHECK(run("GEOADD Sicily NX CH XX") == kSyntax);
  CHECK(run("GEOADD Sicily x 1 a") == Error("ERR value is not a valid float"));
  CHECK(run("GEOADD Sicily 1 1 a 200 1 b") ==
        Error("ERR invalid longitude,latitude pair 200.000000,1.000000"));
  CHECK(run("ZSCORE Sicily a") == Nil());
}

TEST_CASE("GEODIST measures in four units") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  AddSicily(h);
  CHECK(run("GEODIST Sicily Palermo Catania") == Bulk("166274.1516"));
  CHECK(run("GEODIST Sicily Palermo Catania km") == Bulk("166.2742"));
  CHECK(run("GEODIST Sicily Palermo Catania mi") == Bulk("103.3182"));
  CHECK(run("GEODIST Sicily Palermo Palermo FT") == Bulk("0.0000"));
  CHECK(run("GEODIST Sicily Palermo none") == Nil());
  CHECK(run("GEODIST none a b") == Nil());
  CHECK(run("GEODIST Sicily Palermo Catania au") ==
        Error("ERR unsupported unit provided. please use M, KM, FT, MI"));
  CHECK(run("GEODIST Sicily Palermo Catania m m") == kSyntax);
}

TEST_CASE("GEOHASH and GEOPOS show where places are") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  AddSicily(h);
  CHECK(run("GEOHASH Sicily Palermo none Catania") ==
        Array({Bulk("sqc8b49rny0"), Nil(), Bulk("sqdtr74hyu0")}));
  CHECK(run("GEOPOS Sicily Palermo none") ==
        Array({Bulks({"13.36138933897018433", "38.11555639549629859"}), NilArray()}));
  CHECK(run("GEOHASH none a") == Array({Nil()}));
  CHECK(run("GEOPOS none a") == Array({NilArray()}));
}

TEST_CASE("GEOSEARCH finds what is in a circle or a box") {
  Harness h(GENERATE(as<std::string>(), "", "zset-max-listpack-entries 0"));
  auto run = [&](std::string_view line) { return h.Run(line); };
  AddSicily(h);
  CHECK(run("GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC") ==
        Bulks({"Catania", "Agrigento", "Palermo"}));
  CHECK(run("GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 300 200 km DESC WITHDIST") ==
        Array({Bulks({"Agrigento", "130.4235"}), Bulks({"Catania", "56.4413"})}));
  CHECK(run("GEOSEARCH Sicily FROMMEMBER Agrigento BYRADIUS 100 km WITHHASH ASC COUNT 1") ==
        Array({Array({Bulk("Agrigento"), Int(3479030013248308)})}));
  CHECK(run("GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 ANY").elements.size() == 1);
  CHECK(run("GEOSEARCH none FROMMEMBER a BYRADIUS 1 m") == Array({}));
  CHECK(run("GEOSEARCH Sicily FROMMEMBER none BYRADIUS 1 m") ==
        Error("ERR could not decode requested zset member"));
  CHECK(run("GEOSEARCH Sicily BYRADIUS 1 m ASC ASC ASC") ==
        Error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH"));
  CHECK(run("GEOSEARCH Sicily FROMLONLAT 1 1 ASC ASC") ==
        Error("ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH"));
  CHECK(run("GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS 1 m ANY") ==
        Error("ERR the ANY argument requires COUNT argument"));
  CHECK(run("GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS 1 m COUNT 0") ==
        Error("ERR COUNT must be > 0"));
  CHECK(run("GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS -1 m") ==
        Error("ERR radius cannot be negative"));
  CHECK(run("GEOSEARCH Sicily FROMLONLAT 1 1 BYBOX 1 -1 m") ==
        Error("ERR height or width cannot be negative"));
  CHECK(run("GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS 1 m STORE d") == kSyntax);
}

TEST_CASE("GEOSEARCHSTORE keeps what it found, as geohashes or distances") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  AddSicily(h);
  CHECK(run("GEOSEARCHSTORE d Sicily FROMLONLAT 15 37 BYRADIUS 150 km") == Int(2));
  CHECK(run("GEODIST d Catania Agrigento") == run("GEODIST Sicily Catania Agrigento"));
  CHECK(run("GEOSEARCHSTORE d Sicily FROMLONLAT 15 37 BYRADIUS 150 km STOREDIST ASC COUNT 1") ==
        Int(1));
  CHECK(run("ZRANGE d 0 -1") == Bulks({"Catania"}));
  CHECK(run("ZCOUNT d 56.44 56.45") == Int(1));
  CHECK(run("GEOSEARCHSTORE d Sicily FROMLONLAT 0 0 BYRADIUS 1 m") == Int(0));
  CHECK(run("EXISTS d") == Int(0));
  CHECK(
      run("GEOSEARCHSTORE d Sicily FROMLONLAT 15 37 BYRADIUS 150 km WITHDIST") ==
      Error("ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"));
}

TEST_CASE("GEORADIUS, GEORADIUSBYMEMBER and their read-only forms") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  AddSicily(h);
  CHECK(run("GEORADIUS Sicily 15 37 200 km WITHDIST ASC COUNT 2") ==
        Array({Bulks({"Catania", "56.4413"}), Bulks({"Agrigento", "130.4235"})}));
  CHECK(run("GEORADIUS_RO Sicily 15 37 200 km DESC") == Bulks({"Palermo", "Agrigento", "Catania"}));
  CHECK(run("GEORADIUSBYMEMBER Sicily Agrigento 100 km ASC") == Bulks({"Agrigento", "Palermo"}));
  CHECK(run("GEORADIUSBYMEMBER_RO Sicily Agrigento 1 m") == Bulks({"Agrigento"}));
  CHECK(run("GEORADIUS Sicily 15 37 200 km STORE d") == Int(3));
  CHECK(run("GEORADIUSBYMEMBER Sicily Agrigento 100 km STOREDIST d") == Int(2));
  CHECK(run("ZSCORE d Agrigento") == Bulk("0"));
  CHECK(run("GEORADIUS none 15 37 200 km STORE d") == Int(0));
  CHECK(run("EXISTS d") == Int(0));
  CHECK(run("GEORADIUS_RO Sicily 15 37 200 km STORE d") == kSyntax);
  CHECK(run("GEORADIUSBYMEMBER_RO Sicily Agrigento 1 m STORE d") == kSyntax);
  CHECK(run("GEORADIUS Sicily 15 37 200 km STORE d WITHDIST") ==
        Error("ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and "
              "WITHCOORD options"));
  CHECK(run("GEORADIUS Sicily 15 37 x km") == Error("ERR need numeric radius"));
  CHECK(run("COMMAND GETKEYS GEORADIUS Sicily 15 37 200 km STORE d") == Bulks({"Sicily", "d"}));
}

TEST_CASE("places on the date line and at the grid's corners are found from where they are") {
  Harness h;
  CHECK(h.Run("GEOADD edge 180 10 east -180 10 west 180 85.05112878 corner") == Int(3));
  CHECK(h.Run("GEOSEARCH edge FROMMEMBER east BYRADIUS 1 km") == Bulks({"east"}));
  CHECK(h.Run("GEOSEARCH edge FROMMEMBER west BYBOX 1 1 km") == Bulks({"west"}));
  CHECK(h.Run("GEOSEARCH edge FROMMEMBER corner BYRADIUS 1 km") == Bulks({"corner"}));
}
