import { describe, expect, it } from "vitest";
import { compare, digitsOf, fixed, middle, negate, notBelowZero, quantity, sign, signed, subtract, width } from "../src/decimal";

const minus = "\u2212";

describe("fixed", () => {
  it.each([
    ["1234567.891", 2, "1,234,567.89"],
    ["0", 2, "0.00"],
    ["7", 0, "7"],
    ["999.995", 2, "1,000.00"],
    ["-999.995", 2, `${minus}1,000.00`],
    ["0.004", 2, "0.00"],
    ["-0.004", 2, "0.00"],
    ["-0.005", 2, `${minus}0.01`],
    ["0.5", 0, "1"],
    ["007.10", 1, "7.1"],
    ["1000", 2, "1,000.00"],
    ["123456789012345678901234567890.12", 2, "123,456,789,012,345,678,901,234,567,890.12"],
  ])("%s with %i digits is %s", (text, digits, shown) => expect(fixed(text, digits)).toBe(shown));

  it("leaves text that is no decimal as it was", () => {
    for (const text of ["", "n/a", "1e5", "NaN", ".5"]) expect(fixed(text, 2)).toBe(text);
  });
});

describe("signed", () => {
  it("puts a sign before every value but zero", () => {
    expect(signed("12.3", 2)).toBe("+12.30");
    expect(signed("-12.3", 2)).toBe(`${minus}12.30`);
    expect(signed("0.000", 2)).toBe("0.00");
    expect(signed("-0.001", 2)).toBe("0.00");
  });
});

describe("sign", () => {
  it("reads the text and not a float", () => {
    expect(sign("0.00000000000000000000000001")).toBe(1);
    expect(sign("-0.00000000000000000000000001")).toBe(-1);
    expect(sign("-0.00")).toBe(0);
    expect(sign("+3")).toBe(1);
    expect(sign("nonsense")).toBe(0);
  });
  it("is turned by negate", () => {
    expect(negate("1.5")).toBe("-1.5");
    expect(negate("-1.5")).toBe("1.5");
    expect(negate("+1.5")).toBe("-1.5");
    expect(negate("0")).toBe("0");
  });
});

describe("compare and subtract", () => {
  it("are exact where floats are not", () => {
    expect(compare("0.1", "0.10")).toBe(0);
    expect(compare("9007199254740993", "9007199254740992")).toBe(1);
    expect(compare("-2", "1")).toBe(-1);
    expect(compare("x", "1")).toBe(1);
    expect(subtract("0.3", "0.1")).toBe("0.2");
    expect(subtract("1", "1.005")).toBe("-0.005");
    expect(subtract("50000", "50000.00")).toBe("0.00");
  });
});

describe("middle", () => {
  it("is exact between two prices", () => {
    expect(middle("1.14021", "1.14031")).toBe("1.140260");
    expect(middle("87213.89", "87213.9")).toBe("87213.895");
    expect(middle("1", "2")).toBe("1.5");
    expect(middle("-1", "-2")).toBe("-1.5");
  });
});

describe("small functions", () => {
  it("keep a share from falling below nothing", () => {
    expect(notBelowZero("-3.5")).toBe("0");
    expect(notBelowZero("3.5")).toBe("3.5");
  });
  it("drop only the zeros a quantity does not need", () => {
    expect(quantity("0.5000")).toBe("0.5");
    expect(quantity("1000")).toBe("1,000");
    expect(quantity("10.0")).toBe("10");
  });
  it("find the digits of a tick", () => {
    expect(digitsOf("0.25")).toBe(2);
    expect(digitsOf("0.00001")).toBe(5);
    expect(digitsOf("1.0")).toBe(0);
  });
  it("keep a bar inside its track", () => {
    expect(width("140.2")).toBe(100);
    expect(width("-3")).toBe(0);
    expect(width("38.2")).toBe(38.2);
    expect(width("")).toBe(0);
  });
});
