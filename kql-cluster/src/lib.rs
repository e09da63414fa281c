//! Runs KQL on Apache Ballista. It holds what a plan needs to travel (names and codecs) and the start of Ballista's roles, and no
//! knowledge of KQL of its own.
