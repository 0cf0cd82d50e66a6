using Federation.Application.Countersigning;
using Federation.Application.Ports;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;
using Federation.Testing;
using Federation.Testing.Builders;
using Federation.Testing.Usage;

namespace Federation.Application.Tests.Countersigning;

/// <summary>A tenant signs what its datacenter measured when it read as much itself, and nothing else.</summary>
public sealed class CountersignerTests
{
    private static readonly Digest Hash = FakeHasher.Instance.Keccak256;

    private readonly FakeClock clock = new();
    private readonly Datacenter datacenter = new();
    private readonly List<string> log = [];
    private readonly Memory signed;
    private readonly InMemoryEvidence copies = new();
    private readonly Reading reading = new();
    private readonly Key key;

    public CountersignerTests()
    {
        (signed, key) = (new Memory(log), new Key(log));
        reading.Meters = CountersignRules.Meters(datacenter.Receipt!.Usage).Append((Name: CountersignRules.Down, Value: 0UL)).ToDictionary(m => m.Name, m => (double)m.Value);
    }

    [Fact]
    public async Task ReceiptThatHolds_IsSigned_WrittenDownFirst_AndItsEvidenceKept()
    {
        var round = await RoundAsync();
        Assert.Equal((datacenter.Receipt, "Receipt 1 is countersigned."), (round.Receipt, round.Message));
        Assert.Equal(["kept 1", "signed 1"], log);
        Assert.Equal("0xdigest", Assert.Single(datacenter.Signatures).Digest);
        Assert.Equal(3, copies.Kept.Count);
        Assert.Equal(datacenter.Windows[^1].After.ThroughMs, reading.AskedMs);
    }

    // The operator has forgotten it: what was signed once is not checked anew, and nothing is fetched twice.
    [Fact]
    public async Task ReceiptThatWasSigned_IsHandedOverAgain_WithoutMeterOrEvidence()
    {
        await RoundAsync();
        (reading.Meters, datacenter.Fetched) = (null, 0);
        Assert.NotNull((await RoundAsync()).Receipt);
        Assert.Equal((2, 0), (datacenter.Signatures.Count, datacenter.Fetched));
    }

    [Fact]
    public async Task WhatIsKept_IsNotFetchedAgain()
    {
        await RoundAsync();
        datacenter.Receipt = datacenter.Receipt! with { Seq = 2 };
        Assert.NotNull((await RoundAsync()).Receipt);
        Assert.Equal(3, datacenter.Fetched);
    }

    [Theory]
    [InlineData(1.019, true)]
    [InlineData(1.021, false)]
    public async Task MeterAboveTheTenantsOwn_IsSignedWithinTheTolerance(double share, bool isSigned)
    {
        reading.Meters = reading.Meters!.ToDictionary(m => m.Key, m => m.Value / share);
        var round = await RoundAsync();
        Assert.Equal(isSigned, round.Receipt is not null);
        if (!isSigned) Assert.Contains("cpuMilliSeconds are claimed", round.Message, StringComparison.Ordinal);
        Assert.Equal((isSigned ? 1 : 0, isSigned ? 2 : 0), (datacenter.Signatures.Count, log.Count));
    }

    [Fact]
    public async Task MeterThatIsNotRead_IsRefused_UnlessTheEvidenceIsTrustedForIt()
    {
        reading.Meters = reading.Meters!.Where(m => m.Key != "gpuMilliSecondsA").ToDictionary();
        Assert.Contains("gpuMilliSecondsA are claimed, which is not read here", (await RoundAsync()).Message, StringComparison.Ordinal);
        Assert.NotNull((await RoundAsync("gpuMilliSecondsA")).Receipt);
    }

    [Fact]
    public async Task ReadingThatIsNoNumber_IsNone()
    {
        reading.Meters = reading.Meters!.ToDictionary(m => m.Key, m => double.NaN);
        Assert.Null((await RoundAsync()).Receipt);
    }

    [Fact]
    public async Task ReadingThatDoesNotReachThatFar_IsWaitedFor()
    {
        reading.Meters = null;
        Assert.Contains("cannot be read here: not yet", (await RoundAsync()).Message, StringComparison.Ordinal);
        Assert.Empty(log);
    }

    // 2 % and a minute: 1000 s come to 920.
    [Theory]
    [InlineData(920u, true)]
    [InlineData(919u, false)]
    [InlineData(0u, false)]
    [InlineData(5000u, true)]
    public async Task DowntimeBelowTheTenantsOwn_IsSignedWithinTheTolerance(uint credited, bool isSigned)
    {
        reading.Meters = reading.Meters!.ToDictionary(m => m.Key, m => m.Key == CountersignRules.Down ? 1000 : m.Value);
        datacenter.Receipt = datacenter.Receipt! with { DownSeconds = credited };
        var round = await RoundAsync();
        Assert.Equal(isSigned, round.Receipt is not null);
        Assert.Contains(isSigned ? "is countersigned." : $"{credited} downSeconds are credited, 1000 were read here; 920 would be signed", round.Message, StringComparison.Ordinal);
        Assert.Equal(isSigned ? 1 : 0, datacenter.Signatures.Count);
    }

    [Fact]
    public async Task DowntimeThatIsNoNumber_IsNotSigned()
    {
        reading.Meters = reading.Meters!.ToDictionary(m => m.Key, m => m.Key == CountersignRules.Down ? double.NaN : m.Value);
        Assert.Null((await RoundAsync()).Receipt);
    }

    // What was down since the receipt ended is in the next one.
    [Fact]
    public async Task DowntimeAfterTheReceiptsEnd_IsNotAskedForYet()
    {
        reading.Meters = reading.Meters!.ToDictionary(m => m.Key, m => m.Key == CountersignRules.Down ? 90 : m.Value);
        Assert.Null((await RoundAsync()).Receipt);
        datacenter.Receipt = datacenter.Receipt! with { Through = datacenter.Receipt.Through - 30 };
        Assert.NotNull((await RoundAsync()).Receipt);
    }

    [Fact]
    public async Task DowntimeThatNobodyReads_IsSaid_UnlessTheDatacenterIsTrustedForIt()
    {
        reading.Meters = reading.Meters!.Where(m => m.Key != CountersignRules.Down).ToDictionary();
        Assert.Contains("down for 0 s is the datacenter's word: nothing here reads downSeconds", (await RoundAsync()).Message, StringComparison.Ordinal);
        datacenter.Receipt = datacenter.Receipt! with { Seq = 2 };
        Assert.Equal("Receipt 2 is countersigned.", (await RoundAsync(CountersignRules.Down)).Message);
    }

    [Fact]
    public async Task NoReceipt_IsNoFault()
    {
        datacenter.Receipt = null;
        Assert.Null((await RoundAsync()).Receipt);
    }

    public static TheoryData<string, Func<Receipt, Receipt>> BadReceipts => new()
    {
        { "is of lease", r => r with { Id = Some.LeaseId(2) } },
        { "Its number is 4, and 5 was signed before", r => r with { Seq = 4 } },
        { "what was signed before at", r => r with { Through = r.Through - 1 } },
        { "credits 0 s of downtime", r => r with { DownSeconds = 0 } },
        { "below what was signed before", r => r with { Usage = r.Usage with { CpuMilliSeconds = 0 } } },
        { "claims to have measured until", r => r with { Through = FakeClock.StartMs / 1000 + 1 } },
        { "is the lease's last receipt", r => r with { IsFinal = true } },
        { "names no evidence", r => r with { EvidenceRoot = Receipt.NoEvidence } },
        { "and its evidence gives", r => r with { Usage = r.Usage with { MemoryMiBSeconds = r.Usage.MemoryMiBSeconds + 1 } } },
        { "and its evidence at", r => r with { Through = r.Through + 1 } },
        { "does not hand over the window", r => r with { EvidenceRoot = "0x" + new string('7', 64) } },
    };

    [Theory]
    [MemberData(nameof(BadReceipts))]
    public async Task ReceiptThatDoesNotHold_IsNotSigned(string problem, Func<Receipt, Receipt> change)
    {
        var good = datacenter.Receipt! with { DownSeconds = 3 };
        signed.Keep(good with { Seq = 5 });
        datacenter.Receipt = change(good with { Seq = 6 });
        var round = await RoundAsync();
        Assert.Contains(problem, round.Message, StringComparison.Ordinal);
        Assert.Null(round.Receipt);
        Assert.Equal(["kept 5"], log);
    }

    [Fact]
    public async Task ReceiptOfAnotherChainOrProvider_IsNotSigned()
    {
        key.Fault = "The receipt is for chain 1.";
        Assert.Equal(key.Fault, (await RoundAsync()).Message);
    }

    // What was changed is neither signed for nor kept: the right one may come later.
    [Fact]
    public async Task TamperedLine_IsFound_AndNotKept()
    {
        datacenter.Tamper = line => line.Replace("1200", "1201", StringComparison.Ordinal);
        Assert.Contains("does not hash to it", (await RoundAsync()).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(copies.Kept, k => k.Number == 1);
        datacenter.Tamper = null;
        Assert.NotNull((await RoundAsync()).Receipt);
    }

    // Hashes alone prove nothing: the operator makes them.
    [Fact]
    public async Task SumsThatTheSamplesDoNotGive_AreFound()
    {
        datacenter.Close(w => w.Number == 3 ? w with { After = w.After with { CpuNanoSeconds = w.After.CpuNanoSeconds + 5_000_000_000 } } : w);
        reading.Meters = CountersignRules.Meters(datacenter.Receipt!.Usage).ToDictionary(m => m.Name, m => (double)m.Value);
        Assert.Contains("The evidence does not hold", (await RoundAsync()).Message, StringComparison.Ordinal);
    }

    private Task<CountersignRound> RoundAsync(params string[] trusted) => new Countersigner(
        new CountersignTerms(Some.LeaseId(1), 0.02, trusted, TimeSpan.FromSeconds(60)), datacenter, reading, key, signed, copies, FakeHasher.Instance, clock).RoundAsync(default);

    private sealed class Datacenter : ILeaseRecords
    {
        private IReadOnlyList<WindowEvidence> evidence = [];

        public Datacenter() => Close(w => w);

        public List<WindowRecord> Windows { get; } = [];

        public Receipt? Receipt { get; set; }

        public Func<string, string>? Tamper { get; set; }

        public int Fetched { get; set; }

        public List<(string Digest, string Signature)> Signatures { get; } = [];

        public void Close(Func<WindowRecord, WindowRecord> change)
        {
            Windows.Clear();
            evidence = SealedWindows.Three(Hash, w =>
            {
                Windows.Add(change(w));
                return Windows[^1];
            });
            var after = Windows[^1].After;
            Receipt = new Receipt(Some.LeaseId(1), 1, after.ThroughMs / 1000, after.ToVector(), 0, evidence[^1].Root, false);
        }

        public Task<SignedReceipt?> ReadReceiptAsync(CancellationToken cancellation) =>
            Task.FromResult(Receipt is { } receipt ? new SignedReceipt(receipt, 1, "0xmanager", "0xdigest", "0xprovider") : null);

        public Task<IReadOnlyList<string>?> ReadWindowAsync(string window, CancellationToken cancellation)
        {
            Fetched++;
            return Task.FromResult<IReadOnlyList<string>?>(evidence.FirstOrDefault(w => w.Root == window)?.Lines.Select(l => Tamper?.Invoke(l) ?? l).ToArray());
        }

        public Task CountersignAsync(string digest, string signature, CancellationToken cancellation)
        {
            Signatures.Add((digest, signature));
            return Task.CompletedTask;
        }
    }

    private sealed class Memory(List<string> log) : ISignedReceipts
    {
        private Receipt? last;

        public Receipt? Last() => last;

        public void Keep(Receipt receipt)
        {
            last = receipt;
            log.Add($"kept {receipt.Seq}");
        }
    }

    private sealed class Reading : ITenantMeter
    {
        public IReadOnlyDictionary<string, double>? Meters { get; set; }

        public long AskedMs { get; private set; }

        public Task<IReadOnlyDictionary<string, double>> ReadAsync(long throughMs, CancellationToken cancellation)
        {
            AskedMs = throughMs;
            return Meters is { } meters ? Task.FromResult(meters) : throw new UsageUnavailableException("not yet.");
        }
    }

    private sealed class Key(List<string> log) : ITenantKey
    {
        public string? Fault { get; set; }

        public string? FaultOf(SignedReceipt receipt) => Fault;

        public Task<string> SignAsync(Receipt receipt, CancellationToken cancellation)
        {
            log.Add($"signed {receipt.Seq}");
            return Task.FromResult("0xsignature");
        }
    }
}
