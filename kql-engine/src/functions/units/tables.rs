//! The units of each quantity, by their definitions.

/// A unit: its name, and the factor and offset that convert a value to the base unit.
pub type Unit = (&'static str, f64, f64);

use std::f64::consts::PI;

/// In degrees.
pub const ANGLE: &[Unit] = &[
    ("Arcminute", 1.0 / 60.0, 0.0),
    ("Arcsecond", 1.0 / 3600.0, 0.0),
    ("Centiradian", 1.8 / PI, 0.0),
    ("Deciradian", 18.0 / PI, 0.0),
    ("Degree", 1.0, 0.0),
    ("Gradian", 0.9, 0.0),
    ("Microdegree", 1e-6, 0.0),
    ("Microradian", 180e-6 / PI, 0.0),
    ("Millidegree", 1e-3, 0.0),
    ("Milliradian", 0.18 / PI, 0.0),
    ("Nanodegree", 1e-9, 0.0),
    ("Nanoradian", 180e-9 / PI, 0.0),
    ("NatoMil", 360.0 / 6400.0, 0.0),
    ("Radian", 180.0 / PI, 0.0),
    ("Revolution", 360.0, 0.0),
];

/// In joules.
pub const ENERGY: &[Unit] = &[
    ("BritishThermalUnit", 1055.05585262, 0.0),
    ("Calorie", 4.184, 0.0),
    ("Erg", 1e-7, 0.0),
    ("GigabritishThermalUnit", 1055.05585262e9, 0.0),
    ("Gigajoule", 1e9, 0.0),
    ("GigawattDay", 86_400e9, 0.0),
    ("GigawattHour", 3600e9, 0.0),
    ("Joule", 1.0, 0.0),
    ("KilobritishThermalUnit", 1055.05585262e3, 0.0),
    ("Kilocalorie", 4184.0, 0.0),
    ("Kilojoule", 1e3, 0.0),
    ("KilowattDay", 86_400e3, 0.0),
    ("KilowattHour", 3600e3, 0.0),
    ("MegabritishThermalUnit", 1055.05585262e6, 0.0),
    ("Megacalorie", 4.184e6, 0.0),
    ("Megajoule", 1e6, 0.0),
    ("MegawattDay", 86_400e6, 0.0),
    ("MegawattHour", 3600e6, 0.0),
    ("Millijoule", 1e-3, 0.0),
    ("TerawattDay", 86_400e12, 0.0),
    ("TerawattHour", 3600e12, 0.0),
    ("WattDay", 86_400.0, 0.0),
    ("WattHour", 3600.0, 0.0),
];

/// Units with several definitions.
pub const ENERGY_UNKNOWN: &[&str] = &[
    "DecathermEc",
    "DecathermImperial",
    "DecathermUs",
    "ElectronVolt",
    "FootPound",
    "GigaelectronVolt",
    "HorsepowerHour",
    "KiloelectronVolt",
    "MegaelectronVolt",
    "TeraelectronVolt",
    "ThermEc",
    "ThermImperial",
    "ThermUs",
];

const STANDARD_GRAVITY: f64 = 9.80665;
const POUND: f64 = 0.45359237;

/// In newtons.
pub const FORCE: &[Unit] = &[
    ("Decanewton", 10.0, 0.0),
    ("Dyn", 1e-5, 0.0),
    ("KilogramForce", STANDARD_GRAVITY, 0.0),
    ("Kilonewton", 1e3, 0.0),
    ("KiloPond", STANDARD_GRAVITY, 0.0),
    ("KilopoundForce", 1e3 * POUND * STANDARD_GRAVITY, 0.0),
    ("Meganewton", 1e6, 0.0),
    ("Micronewton", 1e-6, 0.0),
    ("Millinewton", 1e-3, 0.0),
    ("Newton", 1.0, 0.0),
    ("OunceForce", POUND / 16.0 * STANDARD_GRAVITY, 0.0),
    ("Poundal", POUND * 0.3048, 0.0),
    ("PoundForce", POUND * STANDARD_GRAVITY, 0.0),
    ("ShortTonForce", 2000.0 * POUND * STANDARD_GRAVITY, 0.0),
    ("TonneForce", 1e3 * STANDARD_GRAVITY, 0.0),
];

/// In metres.
pub const LENGTH: &[Unit] = &[
    ("Angstrom", 1e-10, 0.0),
    ("Centimeter", 1e-2, 0.0),
    ("Chain", 20.1168, 0.0),
    ("Decameter", 10.0, 0.0),
    ("Decimeter", 0.1, 0.0),
    ("Fathom", 1.8288, 0.0),
    ("Foot", 0.3048, 0.0),
    ("Hand", 0.1016, 0.0),
    ("Hectometer", 100.0, 0.0),
    ("Inch", 0.0254, 0.0),
    ("Kilometer", 1e3, 0.0),
    ("Meter", 1.0, 0.0),
    ("Microinch", 2.54e-8, 0.0),
    ("Micrometer", 1e-6, 0.0),
    ("Mil", 2.54e-5, 0.0),
    ("Mile", 1609.344, 0.0),
    ("Millimeter", 1e-3, 0.0),
    ("Nanometer", 1e-9, 0.0),
    ("NauticalMile", 1852.0, 0.0),
    ("Shackle", 27.432, 0.0),
    ("UsSurveyFoot", 1200.0 / 3937.0, 0.0),
    ("Yard", 0.9144, 0.0),
];

/// Units with several definitions.
pub const LENGTH_UNKNOWN: &[&str] = &[
    "AstronomicalUnit",
    "DataMile",
    "DtpPica",
    "DtpPoint",
    "KilolightYear",
    "Kiloparsec",
    "LightYear",
    "MegalightYear",
    "Megaparsec",
    "Parsec",
    "PrinterPica",
    "PrinterPoint",
    "SolarRadius",
    "Twip",
];

/// In kilograms.
pub const MASS: &[Unit] = &[
    ("Centigram", 1e-5, 0.0),
    ("Decagram", 1e-2, 0.0),
    ("Decigram", 1e-4, 0.0),
    ("Grain", POUND / 7000.0, 0.0),
    ("Gram", 1e-3, 0.0),
    ("Hectogram", 0.1, 0.0),
    ("Kilogram", 1.0, 0.0),
    ("Kilopound", 1e3 * POUND, 0.0),
    ("Kilotonne", 1e6, 0.0),
    ("LongHundredweight", 112.0 * POUND, 0.0),
    ("LongTon", 2240.0 * POUND, 0.0),
    ("Megapound", 1e6 * POUND, 0.0),
    ("Megatonne", 1e9, 0.0),
    ("Microgram", 1e-9, 0.0),
    ("Milligram", 1e-6, 0.0),
    ("Nanogram", 1e-12, 0.0),
    ("Ounce", POUND / 16.0, 0.0),
    ("Pound", POUND, 0.0),
    ("ShortHundredweight", 100.0 * POUND, 0.0),
    ("ShortTon", 2000.0 * POUND, 0.0),
    ("Stone", 14.0 * POUND, 0.0),
    ("Tonne", 1e3, 0.0),
];

/// In metres per second.
pub const SPEED: &[Unit] = &[
    ("CentimeterPerHour", 0.01 / 3600.0, 0.0),
    ("CentimeterPerMinute", 0.01 / 60.0, 0.0),
    ("CentimeterPerSecond", 0.01, 0.0),
    ("DecimeterPerMinute", 0.1 / 60.0, 0.0),
    ("DecimeterPerSecond", 0.1, 0.0),
    ("FootPerHour", 0.3048 / 3600.0, 0.0),
    ("FootPerMinute", 0.3048 / 60.0, 0.0),
    ("FootPerSecond", 0.3048, 0.0),
    ("InchPerHour", 0.0254 / 3600.0, 0.0),
    ("InchPerMinute", 0.0254 / 60.0, 0.0),
    ("InchPerSecond", 0.0254, 0.0),
    ("KilometerPerHour", 1000.0 / 3600.0, 0.0),
    ("KilometerPerMinute", 1000.0 / 60.0, 0.0),
    ("KilometerPerSecond", 1000.0, 0.0),
    ("Knot", 1852.0 / 3600.0, 0.0),
    ("MeterPerHour", 1.0 / 3600.0, 0.0),
    ("MeterPerMinute", 1.0 / 60.0, 0.0),
    ("MeterPerSecond", 1.0, 0.0),
    ("MicrometerPerMinute", 1e-6 / 60.0, 0.0),
    ("MicrometerPerSecond", 1e-6, 0.0),
    ("MilePerHour", 1609.344 / 3600.0, 0.0),
    ("MillimeterPerHour", 1e-3 / 3600.0, 0.0),
    ("MillimeterPerMinute", 1e-3 / 60.0, 0.0),
    ("MillimeterPerSecond", 1e-3, 0.0),
    ("NanometerPerMinute", 1e-9 / 60.0, 0.0),
    ("NanometerPerSecond", 1e-9, 0.0),
    ("UsSurveyFootPerHour", 1200.0 / 3937.0 / 3600.0, 0.0),
    ("UsSurveyFootPerMinute", 1200.0 / 3937.0 / 60.0, 0.0),
    ("UsSurveyFootPerSecond", 1200.0 / 3937.0, 0.0),
    ("YardPerHour", 0.9144 / 3600.0, 0.0),
    ("YardPerMinute", 0.9144 / 60.0, 0.0),
    ("YardPerSecond", 0.9144, 0.0),
];

/// In kelvins.
pub const TEMPERATURE: &[Unit] = &[
    ("DegreeCelsius", 1.0, 273.15),
    ("DegreeDelisle", -2.0 / 3.0, 373.15),
    ("DegreeFahrenheit", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    ("DegreeNewton", 100.0 / 33.0, 273.15),
    ("DegreeRankine", 5.0 / 9.0, 0.0),
    ("DegreeReaumur", 1.25, 273.15),
    ("DegreeRoemer", 40.0 / 21.0, 273.15 - 7.5 * 40.0 / 21.0),
    ("Kelvin", 1.0, 0.0),
    ("MillidegreeCelsius", 1e-3, 273.15),
];

const CUBIC_FOOT: f64 = 0.3048 * 0.3048 * 0.3048;
const CUBIC_INCH: f64 = 0.0254 * 0.0254 * 0.0254;
const US_GALLON: f64 = 231.0 * CUBIC_INCH;
const IMPERIAL_GALLON: f64 = 0.00454609;

/// In cubic metres.
pub const VOLUME: &[Unit] = &[
    ("AuTablespoon", 2e-5, 0.0),
    ("Centiliter", 1e-5, 0.0),
    ("CubicCentimeter", 1e-6, 0.0),
    ("CubicDecimeter", 1e-3, 0.0),
    ("CubicFoot", CUBIC_FOOT, 0.0),
    ("CubicHectometer", 1e6, 0.0),
    ("CubicInch", CUBIC_INCH, 0.0),
    ("CubicKilometer", 1e9, 0.0),
    ("CubicMeter", 1.0, 0.0),
    ("CubicMicrometer", 1e-18, 0.0),
    ("CubicMile", 1609.344 * 1609.344 * 1609.344, 0.0),
    ("CubicMillimeter", 1e-9, 0.0),
    ("CubicYard", 0.9144 * 0.9144 * 0.9144, 0.0),
    ("Decaliter", 1e-2, 0.0),
    ("DecausGallon", 10.0 * US_GALLON, 0.0),
    ("Deciliter", 1e-4, 0.0),
    ("DeciusGallon", 0.1 * US_GALLON, 0.0),
    ("HectocubicFoot", 100.0 * CUBIC_FOOT, 0.0),
    ("HectocubicMeter", 100.0, 0.0),
    ("Hectoliter", 0.1, 0.0),
    ("HectousGallon", 100.0 * US_GALLON, 0.0),
    ("ImperialGallon", IMPERIAL_GALLON, 0.0),
    ("KilocubicFoot", 1e3 * CUBIC_FOOT, 0.0),
    ("KilocubicMeter", 1e3, 0.0),
    ("KiloimperialGallon", 1e3 * IMPERIAL_GALLON, 0.0),
    ("Kiloliter", 1.0, 0.0),
    ("KilousGallon", 1e3 * US_GALLON, 0.0),
    ("Liter", 1e-3, 0.0),
    ("MegacubicFoot", 1e6 * CUBIC_FOOT, 0.0),
    ("MegaimperialGallon", 1e6 * IMPERIAL_GALLON, 0.0),
    ("Megaliter", 1e3, 0.0),
    ("MegausGallon", 1e6 * US_GALLON, 0.0),
    ("MetricCup", 2.5e-4, 0.0),
    ("MetricTeaspoon", 5e-6, 0.0),
    ("Microliter", 1e-9, 0.0),
];

/// Units with several definitions.
pub const VOLUME_UNKNOWN: &[&str] = &["AcreFoot", "BoardFoot", "ImperialBeerBarrel", "ImperialOunce", "ImperialPint"];
