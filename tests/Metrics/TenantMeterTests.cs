using Federation.Application.Ports;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Metrics.Tenant;
using Federation.Testing.Builders;

namespace Federation.Metrics.Tests;

public sealed class TenantMeterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tenant-").FullName;

    private string FilePath => Path.Combine(folder, "readings");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(1000, 10, 0)]
    [InlineData(1500, 15, 30)]
    [InlineData(2000, 20, 60)]
    public async Task Readings_AreTakenAtTheTime_AndRiseEvenlyInBetween(long atMs, double cpu, double memory)
    {
        await File.WriteAllTextAsync(FilePath, """
            {"atMs":1000,"cpuMilliSeconds":10,"memoryMiBSeconds":0}

            {"atMs":2000,"cpuMilliSeconds":20,"memoryMiBSeconds":60,"egressKiB":1}
            {"atMs":3000,"cpuMilliSeconds":99,"memoryMiBSeconds":99}
            """);
        var read = await new ReadingFile(FilePath).ReadAsync(atMs, default);
        Assert.Equal((cpu, memory), (read["cpuMilliSeconds"], read["memoryMiBSeconds"]));
        Assert.False(read.ContainsKey("atMs") || (atMs < 2000 && read.ContainsKey("egressKiB")));
    }

    [Theory]
    [InlineData("{\"atMs\":1000}\n", 1001, "does not reach")]
    [InlineData("{\"atMs\":1000}\n{\"atMs\":2000}\n", 999, "begins at")]
    [InlineData("", 1, "does not reach")]
    [InlineData("{\"cpu\":1}\n", 1, "line 1 has no atMs")]
    [InlineData("{\"atMs\":1}\n{\"atMs\":", 2, "line 2 is no JSON")]
    [InlineData("{\"atMs\":\"1\"}\n", 1, "line 1 is no JSON")]
    [InlineData("[1]\n", 1, "line 1 is no JSON")]
    public async Task ReadingsThatDoNotSay_AreUnavailable(string text, long atMs, string problem)
    {
        await File.WriteAllTextAsync(FilePath, text);
        var error = await Assert.ThrowsAsync<UsageUnavailableException>(() => new ReadingFile(FilePath).ReadAsync(atMs, default));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoFile_IsUnavailable() => await Assert.ThrowsAsync<UsageUnavailableException>(() => new ReadingFile(FilePath).ReadAsync(1, default));

    [Fact]
    public void WhatWasSignedLast_IsKept_AndWhatCannotBeRead_EndsTheSigning()
    {
        var receipt = new Receipt(Some.LeaseId(1), 7, 1_800_000_000, new UsageVector(1, 2, 3, 4, 5, ulong.MaxValue), 8, "0x" + new string('1', 64), true);
        Assert.Null(new SignedReceiptFile(folder, receipt.Id).Last());
        new SignedReceiptFile(folder, receipt.Id).Keep(receipt with { Seq = 6 });
        new SignedReceiptFile(folder, receipt.Id).Keep(receipt);
        Assert.Equal(receipt, new SignedReceiptFile(folder, receipt.Id).Last());
        Assert.Null(new SignedReceiptFile(folder, Some.LeaseId(2)).Last());
        File.WriteAllText(Directory.EnumerateFiles(folder, "signed-*").Single(), "{");
        Assert.Contains("bring it back", Assert.Throws<InvalidDataException>(() => new SignedReceiptFile(folder, receipt.Id).Last()).Message, StringComparison.Ordinal);
    }
}
