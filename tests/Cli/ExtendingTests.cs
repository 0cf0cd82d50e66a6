using System.Numerics;
using System.Text.Json;
using Federation.Application.Amending;
using Federation.Chain;
using Federation.Chain.Tenancy;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Testing.Usage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cli.Tests;

/// <summary>A longer term: what it countersigns, in which order money and term go, and what is said where the second half fails.</summary>
[Collection(TenantWorldCollection.Name)]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ExtendingTests(TenantWorld world) : IAsyncLifetime
{
    private const string Workload = """
        services:
        - name: web
          image: registry.example/acme/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
          resources: {cpu: 500m, memory: 256Mi}

        """;

    private readonly Shell shell = world.NewShell();

    private ArchivedLease lease = null!;

    private string Id => lease.Id.Hex;

    public async ValueTask InitializeAsync()
    {
        var rented = await shell.RunAsync("create", "-f", shell.Write("web.yaml", Workload), "--yes", "--wait", "--timeout", "120s", "-o", "json");
        Assert.True(rented.Code == 0, rented + world.Fault);
        lease = await ReadAsync(LeaseId.Parse(JsonDocument.Parse(rented.Out).RootElement.GetProperty("id").GetString()!));
    }

    public ValueTask DisposeAsync()
    {
        world.Calm();
        shell.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task UsageThatNothingShows_IsNotCountersigned_BecauseAProgramSaysYes()
    {
        // 1. Neither evidence nor a status that says anything.
        world.Claims = a => a with { Usage = a.Usage with { CpuMilliSeconds = 500 } };
        world.Desk.Reason = "NotYours";
        var unseen = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.Equal(ExitCodes.Refused, unseen.Code);
        foreach (var part in new[] { "Nothing was sent: ", "countersigned unseen", "shows neither its evidence nor the lease's status", "The evidence cannot be read" }) Assert.Contains(part, unseen.Error, StringComparison.Ordinal);
        (shell.IsTerminal, shell.Input) = (true, "n\n");
        Assert.Contains("nobody but itself has seen that usage.", (await shell.RunAsync("extend", Id, "--duration", "1h")).Error, StringComparison.Ordinal);
        shell.IsTerminal = false;

        // 2. Evidence that does not hold, or is not there.
        var windows = SealedWindows.Three(new KeccakHasher().Keccak256, lease: lease.Id);
        world.Desk.Reason = "";
        world.Desk.Next = new Receipt(lease.Id, 1, 4, UsageVector.Zero, 0, windows[^1].Root, false);
        world.Desk.Windows = [windows[0], windows[^1]];
        var broken = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.Equal(ExitCodes.Refused, broken.Code);
        Assert.Contains("does not hand over the window", broken.Error, StringComparison.Ordinal);
        Assert.Equal(3_600u, (await ReadAsync(lease.Id)).Terms.DurationSeconds);

        // 3. Evidence that holds.
        world.Desk.Windows = windows;
        var shown = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.True(shown.Code == 0, shown.ToString());
        Assert.Matches("by its evidence [0-9.]+ core-hours", shown.Error);
        Assert.Equal(7_200u, (await ReadAsync(lease.Id)).Terms.DurationSeconds);
    }

    // A receipt that names no evidence, and one that names the first window for ever, leave the datacenter free to claim full load.
    [Fact]
    public async Task EvidenceOfLongAgo_IsNotTakenByAProgram_AndTheOneOnChainIsNotPassedOver()
    {
        var windows = SealedWindows.Three(new KeccakHasher().Keccak256, lease: lease.Id);
        var now = (long)(await world.Market.Anvil.Client.GetBlockAsync(Federation.Ethereum.Client.BlockParameter.Latest))!.Timestamp;
        var settled = new Receipt(lease.Id, 1, now, UsageVector.Zero, 0, windows[^1].Root, false);
        Assert.Null(Assert.Single(await world.Market.Transactions().SubmitAsync([new SettleIntent(lease.Id, lease.Terms, settled)], default)).Error);
        world.Claims = a => a with { Usage = a.Usage with { CpuMilliSeconds = 500 } };
        await world.MeasureAsync(lease.Id, new System.Text.Json.Nodes.JsonObject { ["cpuNanoSeconds"] = "500000000" });

        // 1. None is named: what is on chain has to be shown all the same, and is not.
        world.Desk.Next = new Receipt(lease.Id, 2, now, UsageVector.Zero, 0, Receipt.NoEvidence, false);
        var none = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.Equal(ExitCodes.Refused, none.Code);
        Assert.Contains($"does not hand over the window with root {windows[^1].Root}", none.Error, StringComparison.Ordinal);

        // 2. It is shown, and ends long before what was settled.
        world.Desk.Windows = windows;
        var old = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.Equal(ExitCodes.Refused, old.Code);
        foreach (var part in new[] { "Nothing was sent: ", "which --yes does not mean", "the evidence that the datacenter shows ends at 1970-01-01T00:00:04Z" }) Assert.Contains(part, old.Error, StringComparison.Ordinal);
        Assert.Equal(3_600u, (await ReadAsync(lease.Id)).Terms.DurationSeconds);
        var taken = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes", "--accept-usage");
        Assert.True(taken.Code == 0, taken.ToString());
    }

    [Fact]
    public async Task EscrowThatIsTooLowForALongerTerm_IsPutInFirst()
    {
        var before = lease.Lease.Escrow;
        world.Declines = l => l.Lease.Escrow > before ? null : new AmendmentResult(null, "EscrowTooLow", "Top up.");
        var alone = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.Equal(ExitCodes.Refused, alone.Code);
        Assert.Contains("EscrowTooLow: Top up. --amount puts it in by the way.", alone.Error, StringComparison.Ordinal);
        Assert.Equal(before, (await ReadAsync(lease.Id)).Lease.Escrow);

        var both = await shell.RunAsync("extend", Id, "--amount", "1", "--duration", "1h", "--yes");
        Assert.True(both.Code == 0, both.ToString());
        var after = await ReadAsync(lease.Id);
        Assert.Equal(7_200u, after.Terms.DurationSeconds);
        Assert.True(after.Lease.Escrow > before + 990_000);
    }

    [Fact]
    public async Task SecondHalfThatFails_LeavesTheFirst_WhichIsSaid()
    {
        var before = lease.Lease.Escrow;
        world.Declines = l => new AmendmentResult(null, l.Lease.Escrow > before ? "InsufficientStake" : "EscrowTooLow", "No.");
        var ran = await shell.RunAsync("extend", Id, "--amount", "1", "--duration", "1h", "--yes");
        Assert.Equal(ExitCodes.Refused, ran.Code);
        Assert.Contains("InsufficientStake: No.\nThe 1 ", ran.Error, StringComparison.Ordinal);
        Assert.Contains("are in escrow all the same: extend again with --duration alone.", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing was sent", ran.Error, StringComparison.Ordinal);
        Assert.Equal(before + 1_000_000, (await ReadAsync(lease.Id)).Lease.Escrow);

        // And where the first one fails, nothing is sent of the second.
        world.Declines = null;
        var poor = await shell.RunAsync("extend", Id, "--amount", "100000000", "--duration", "1h", "--yes");
        Assert.Equal(ExitCodes.Underfunded, poor.Code);
        Assert.Contains("The term is as it was: nothing was sent for it.", poor.Error, StringComparison.Ordinal);
        Assert.Equal(3_600u, (await ReadAsync(lease.Id)).Terms.DurationSeconds);
    }

    // Its datacenter settles whenever it likes: also between its signature and the tenant's transaction.
    [Fact]
    public async Task SettlementThatComesFirst_TheDatacenterIsAskedAgain_AndWhatItSettlesIsShownAgain()
    {
        var now = (long)(await world.Market.Anvil.Client.GetBlockAsync(Federation.Ethereum.Client.BlockParameter.Latest))!.Timestamp;
        var settled = new Receipt(lease.Id, 1, now, UsageVector.Zero, 0, Receipt.NoEvidence, false);
        Assert.Null(Assert.Single(await world.Market.Transactions().SubmitAsync([new SettleIntent(lease.Id, lease.Terms, settled)], default)).Error);
        var asked = 0;
        world.Claims = a => asked++ == 0 ? a with { Seq = 1 } : a;
        var ran = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Equal(2, asked);
        Assert.Contains("A settlement came first, or it took too long: the datacenter is asked again.", ran.Error, StringComparison.Ordinal);
        Assert.Equal(2, ran.Error.Split("Usage that it settles").Length - 1);
        Assert.Equal(7_200u, (await ReadAsync(lease.Id)).Terms.DurationSeconds);

        // One that always comes too late is not asked for ever.
        asked = 0;
        world.Claims = a =>
        {
            asked++;
            return a with { Seq = 1 };
        };
        var never = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.Equal((ExitCodes.Refused, 10), (never.Code, asked));
        Assert.Contains("failed: SeqTooLow(", never.Error, StringComparison.Ordinal);
    }

    // Each look at all the windows anew would soon be more than one address may ask.
    [Fact]
    public async Task EvidenceThatWasHandedOver_IsNotAskedForAgain_WhenASettlementCameFirst()
    {
        var windows = SealedWindows.Three(new KeccakHasher().Keccak256, lease: lease.Id);
        world.Desk.Next = new Receipt(lease.Id, 1, 4, UsageVector.Zero, 0, windows[^1].Root, false);
        world.Desk.Windows = windows;
        var asked = 0;
        world.Claims = a => asked++ == 0 ? a with { Seq = 0 } : a;
        var ran = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Equal(2, asked);
        Assert.Equal(windows.Select(w => w.Root).Reverse(), world.Desk.Opened);
    }

    // Signed before the money was in, it is old by then; and a person who said yes is asked again only where another term or price is meant.
    [Fact]
    public async Task MoneyAndTerm_TheDatacenterIsAskedAgainAfterTheMoney_AndThePersonIsNot()
    {
        var asked = 0;
        world.Claims = a => asked++ == 0 ? a with { Seq = 0 } : a;
        (shell.IsTerminal, shell.Input) = (true, "y\n");
        var ran = await shell.RunAsync("extend", Id, "--amount", "1", "--duration", "1h");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Equal(2, asked);
        Assert.DoesNotContain("A settlement came first", ran.Error, StringComparison.Ordinal);
        Assert.Equal(7_200u, (await ReadAsync(lease.Id)).Terms.DurationSeconds);
    }

    // What would be mined after its time is not sent.
    [Fact]
    public async Task AmendmentThatIsAllButOver_IsAskedForAnew_BeforeItCostsATransaction()
    {
        var asked = 0;
        world.Claims = a => asked++ == 0 ? a with { ExpiresAt = a.Through + 10 } : a;
        var nonce = await world.Market.Anvil.Client.GetTransactionCountAsync(world.Market.Tenant.Address, Federation.Ethereum.Client.BlockParameter.Latest);
        var ran = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Equal((2, nonce + 1), (asked, await world.Market.Anvil.Client.GetTransactionCountAsync(world.Market.Tenant.Address, Federation.Ethereum.Client.BlockParameter.Latest)));
    }

    // Its operator believes blocks later than this program does, and reads, and is followed by another one.
    [Fact]
    public async Task RefusalThatPasses_IsNoAnswer()
    {
        var later = new Queue<string>(["NotLeading", "ChainUnavailable", AmendmentReasons.WindowOpen, "LeaseNotActive"]);
        world.Declines = _ => later.TryDequeue(out var reason) ? new AmendmentResult(null, reason, "Later.") : null;
        var ran = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Contains("The datacenter cannot say yet, and is asked again: Later.", ran.Error, StringComparison.Ordinal);
        Assert.Empty(later);
    }

    [Fact]
    public async Task NewPrices_AreTakenWhereSomebodySaysSo_AndShown()
    {
        var dearer = new Prices(2_000_000, 1_000_000, 0, 0, 0, 0);
        world.Claims = a => a with { New = a.New with { Prices = dearer } };
        var refused = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes");
        Assert.Equal(ExitCodes.Refused, refused.Code);
        Assert.Contains("Nothing was sent: what the datacenter signed is not what was asked for", refused.Error, StringComparison.Ordinal);
        var above = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes", "--new-prices", "--max-price", "0.004");
        Assert.Equal(ExitCodes.Refused, above.Code);
        Assert.Contains("an hour would cost 0.004521 ", above.Error, StringComparison.Ordinal);

        var taken = await shell.RunAsync("extend", Id, "--duration", "1h", "--yes", "--new-prices", "-o", "json");
        Assert.True(taken.Code == 0, taken.ToString());
        Assert.Matches("0.004521 [A-Z]+ an hour at full load from now on, 0.00226 [A-Z]+ before", taken.Error);
        Assert.Equal("4521", JsonDocument.Parse(taken.Out).RootElement.GetProperty("perHour").GetString());
        Assert.Equal(dearer, (await ReadAsync(lease.Id)).Terms.Prices);
    }

    [Fact]
    public async Task Usage_OfTheNextReceipt_IsToldApartFromWhatIsSettled()
    {
        Assert.Contains("Nothing is settled yet.", (await shell.RunAsync("usage", Id, "--unsettled")).Error, StringComparison.Ordinal);
        world.Desk.Next = new Receipt(lease.Id, 7, 1_800_000_000, new UsageVector(3_600_000, 0, 0, 0, 0, 0), 0, "0x" + new string('7', 64), false);
        var ran = await shell.RunAsync("usage", Id, "--unsettled", "-o", "wide");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Contains("By receipt 7 of the datacenter, which is not settled yet. Measured through 2027-01-15T08:00:00Z", ran.Error, StringComparison.Ordinal);
        Assert.Matches(@"cpuMilliSeconds +1 core-hours +0\.0036 [A-Z]+ +3600000 +1000000", ran.Out);
        Assert.Contains("Nothing is settled yet.", (await shell.RunAsync("usage", Id)).Error, StringComparison.Ordinal);
    }

    private async Task<ArchivedLease> ReadAsync(LeaseId id) =>
        (await new EvmLeaseArchive(world.Market.Anvil.Client, world.Market.Contracts, 10_000, NullLogger<EvmLeaseArchive>.Instance).FindAsync(id, default))!;
}
