using System.Numerics;
using System.Text.Json.Nodes;
using Federation.Cli.Output;

namespace Federation.Cli.Tests;

public sealed class OutputTests : IDisposable
{
    private static readonly Sheet Two = new(
        "lease", [new("NAME"), new("PER HOUR"), new("MORE", IsWide: true)],
        [new("a", new JsonObject { ["name"] = "a", ["cost"] = "1" }, "a", "1.5 TUSD", "x"), new("long-one", new JsonObject { ["name"] = "long-one", ["cost"] = "22", ["count"] = 3 }, "long-one", "2 TUSD", "")]);

    private readonly Shell shell = new();

    public void Dispose() => shell.Dispose();

    [Fact]
    public void TimesBeyondTheCalendar_AreShownAllTheSame() =>
        Assert.Equal(("-", "2001-09-09T01:46:40Z", "never"), (Shown.Time(0), Shown.Time(1_000_000_000), Shown.Time((1L << 40) - 1)));

    [Theory]
    [InlineData("", "NAME       PER HOUR\na          1.5 TUSD\nlong-one   2 TUSD\n")]
    [InlineData("wide", "NAME       PER HOUR   MORE\na          1.5 TUSD   x\nlong-one   2 TUSD\n")]
    [InlineData("name", "lease/a\nlease/long-one\n")]
    [InlineData("json", "{\n  \"kind\": \"leaseList\",\n  \"items\": [\n    {\n      \"name\": \"a\",\n      \"cost\": \"1\"\n    },\n    {\n      \"name\": \"long-one\",\n      \"cost\": \"22\",\n      \"count\": 3\n    }\n  ]\n}\n")]
    [InlineData("yaml", "kind: leaseList\nitems:\n- name: a\n  cost: \"1\"\n- name: long-one\n  cost: \"22\"\n  count: 3\n")]
    public void List_IsWritten(string format, string expected) => Assert.Equal(expected, Written(Two, format).Out);

    [Theory]
    [InlineData("json", "{\n  \"name\": \"a\",\n  \"cost\": \"1\"\n}\n")]
    [InlineData("yaml", "name: a\ncost: \"1\"\n")]
    public void OneObject_IsWrittenItself(string format, string expected) => Assert.Equal(expected, Written(Two with { Rows = [Two.Rows[0]], IsList = false }, format).Out);

    [Fact]
    public void EmptyTable_SaysSoToPeople_AndNothingToPrograms()
    {
        var (output, error) = Written(Two with { Rows = [], Nothing = "None." }, "");
        Assert.Equal(("", "None.\n"), (output, error));
        Assert.Contains("\"items\": []", Written(Two with { Rows = [] }, "json").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1500000", 6, "1.5")]
    [InlineData("1", 6, "0.000001")]
    [InlineData("0", 6, "0")]
    [InlineData("-2500000", 6, "-2.5")]
    [InlineData("42", 0, "42")]
    [InlineData("123456789012345678901234567890", 18, "123456789012.34567890123456789")]
    public void Amount_IsShownWhole_AndReadBack(string units, int decimals, string shown)
    {
        var token = new TokenUnits("TUSD", decimals);
        Assert.Equal(shown, token.Number(BigInteger.Parse(units, null)));
        if (!shown.StartsWith('-')) Assert.Equal(BigInteger.Parse(units, null), token.Parse(shown, "--amount"));
    }

    [Theory]
    [InlineData("1.2345678")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("")]
    public void WhatIsNoAmount_IsRefused(string text) => Assert.Equal(ExitCodes.Usage, Assert.Throws<CliException>(() => new TokenUnits("TUSD", 6).Parse(text, "--amount")).Code);

    [Theory]
    [InlineData("50", 5_000, "50 %")]
    [InlineData("99.5%", 9_950, "99.5 %")]
    [InlineData("100 %", 10_000, "100 %")]
    [InlineData("0", 0, "0 %")]
    [InlineData("0.01", 1, "0.01 %")]
    public void Percentage_IsReadAndShown(string text, int parts, string shown)
    {
        Assert.Equal(parts, Shown.BasisPoints(text, "--min-downtime-credit"));
        Assert.Equal(shown, Shown.Percent((ushort)parts));
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("15m", 900)]
    [InlineData("2h30m", 9_000)]
    [InlineData("7d", 604_800)]
    public void Time_IsRead(string text, uint seconds) => Assert.Equal(seconds, Shown.Seconds(text, "--duration"));

    [Theory]
    [InlineData("90")]
    [InlineData("m")]
    [InlineData("5y")]
    [InlineData("0s")]
    [InlineData("1h5")]
    [InlineData("-1h")]
    [InlineData("")]
    [InlineData("999999999d")]
    public void WhatIsNoTime_IsRefused(string text) => Assert.Throws<CliException>(() => Shown.Seconds(text, "--duration"));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(59, "59s")]
    [InlineData(3_600, "1h")]
    [InlineData(11_520, "3h12m")]
    [InlineData(90_061, "1d1h")]
    public void Span_IsShownAsKubectlDoes(long seconds, string shown) => Assert.Equal(shown, Shown.Span(seconds));

    [Fact]
    public void WordsOfStrangers_AreNoOrdersToATerminal() => Assert.Equal(" [31mred ", Printable.Line("\u001b[31mred\u202e"));

    [Fact]
    public void LinesOfThisProgram_Stay() => Assert.Equal("The settings are incomplete:\n  a \n  b", Printable.Lines("The settings are incomplete:\n  a\u009b\n  b"));

    [Fact]
    public void CellOfATable_IsNoOrderToATerminal() => Assert.DoesNotContain('\u001b', Written(Two with { Rows = [new("a", new JsonObject(), "a", "\u001b[2J", "x")] }, "").Out);

    [Theory]
    [InlineData("xterm", "", true)]
    [InlineData("xterm", "1", false)]
    [InlineData("dumb", "", false)]
    public void Progress_HasColoursOnATerminal_UnlessNobodyWantsThem(string terminal, string noColor, bool isColoured)
    {
        (shell.IsTerminal, shell.Variables["TERM"], shell.Variables["NO_COLOR"]) = (true, terminal, noColor);
        using var error = new StringWriter();
        new Progress(shell.Here(TextWriter.Null, error), isQuiet: false).Done("It is ready.");
        Assert.Contains("✓", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("It is ready.", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(isColoured, error.ToString().Contains('\u001b', StringComparison.Ordinal));
    }

    private (string Out, string Error) Written(Sheet sheet, string format)
    {
        using StringWriter output = new(), error = new();
        sheet.Write(OutputFormats.Parse(format), shell.Here(output, error));
        return (output.ToString(), error.ToString());
    }
}
