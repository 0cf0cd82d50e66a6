using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;

namespace Federation.Domain.Tests.Pricing;

/// <summary>The contract computed these numbers: both languages must agree to the bit.</summary>
public sealed class AccrualVectorTests
{
    [Fact]
    public void Price_EachVector_IsTheContracts() => Each("pricing.json", c =>
    {
        var prices = PricesOf(c.GetProperty("prices"));
        Assert.Equal(Number(c, "price"), Accrual.Price(prices, UsageOf(c.GetProperty("usage"))));
        var resources = ResourcesOf(c.GetProperty("resources"));
        Assert.Equal(Number(c, "rateCap"), Accrual.RateCap(prices, resources, Number(c, "seconds")));
        Assert.Equal(Number(c, "slice"), Accrual.Slice(prices, resources, (uint)Number(c, "maturitySeconds"), (uint)Number(c, "sliceBps")));
    });

    [Fact]
    public void ReserveAndDue_EachVector_AreTheContracts() => Each("leases.json", c =>
    {
        var terms = TermsOf(c.GetProperty("terms"));
        Assert.Equal(Number(c, "closingReserve"), Accrual.ClosingReserve(terms));
        Assert.Equal(Number(c, "due"), Accrual.Due(terms, UsageOf(c.GetProperty("usage")), (uint)Number(c, "downSeconds")));
    });

    private static void Each(string file, Action<JsonElement> check)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "contracts", "vectors", file)));
        var cases = document.RootElement.GetProperty("cases").EnumerateArray().ToArray();
        Assert.True(cases.Length >= 2, $"{file} has too few cases");
        Assert.All(cases, check);
    }

    private static LeaseTerms TermsOf(JsonElement t) => new(
        Text(t, "tenant"), Text(t, "payer"), Text(t, "provider"), Text(t, "token"), Text(t, "specHash"), ResourcesOf(t.GetProperty("resources")), PricesOf(t.GetProperty("prices")),
        Number(t, "startFee"), Number(t, "minCharge"), Number(t, "reservationFee"), (uint)Number(t, "durationSeconds"), (uint)Number(t, "noticeSeconds"),
        (long)Number(t, "activateBy"), (ushort)Number(t, "downtimeBps"), Text(t, "arbiter"), Text(t, "royaltyTo"), (ushort)Number(t, "royaltyBps"), t.GetProperty("callback").GetBoolean(),
        new LeaseParameters(
            (uint)Number(t, "submitSeconds"), (uint)Number(t, "maturitySeconds"), (uint)Number(t, "rulingSeconds"), (ushort)Number(t, "feeBps"),
            Number(t, "slice"), Number(t, "penalty"), Number(t, "disputeBond"), Number(t, "arbiterFee"), Number(t, "bounty")));

    private static Prices PricesOf(JsonElement p) =>
        new(Number(p, "cpu"), Number(p, "memoryMiB"), Number(p, "storageMiB"), Number(p, "egress"), Number(p, "gpuA"), Number(p, "gpuB"));

    private static Resources ResourcesOf(JsonElement r) => new(
        (uint)Number(r, "cpuMilli"), (uint)Number(r, "memoryMiB"), (uint)Number(r, "storageMiB"), (uint)Number(r, "egressKiBps"),
        new GpuCount(Text(r, "gpuClassA"), (ushort)Number(r, "gpuCountA")), new GpuCount(Text(r, "gpuClassB"), (ushort)Number(r, "gpuCountB")));

    private static UsageVector UsageOf(JsonElement u) => new(
        (ulong)Number(u, "cpuMilliSeconds"), (ulong)Number(u, "memoryMiBSeconds"), (ulong)Number(u, "storageMiBSeconds"), (ulong)Number(u, "egressKiB"),
        (ulong)Number(u, "gpuMilliSecondsA"), (ulong)Number(u, "gpuMilliSecondsB"));

    private static string Text(JsonElement e, string name) => e.GetProperty(name).GetString()!;

    // Small numbers are JSON numbers, large ones texts. Raw digits either way: no double in between.
    private static BigInteger Number(JsonElement e, string name) =>
        BigInteger.Parse(e.GetProperty(name).GetRawText().Trim('"'), CultureInfo.InvariantCulture);
}
