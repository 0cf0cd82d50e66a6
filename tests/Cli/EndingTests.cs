using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Chain.Accounts;
using Federation.Chain.Sending;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Chain.Tests.Support;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Cli.Tests;

/// <summary>Codes that scripts act on, by what really leads to them.</summary>
public sealed class EndingTests(EndingTests.Stage stage) : IClassFixture<EndingTests.Stage>
{
    [Fact]
    public async Task EvidenceThatIsNotHandedOver_IsNoInvoice_AndHasACodeOfItsOwn()
    {
        var ran = await stage.Shell.RunAsync("invoice", stage.Settled.Id.Hex);
        Assert.Equal((ExitCodes.EvidenceDiffers, ""), (ran.Code, ran.Out));
        Assert.Contains("No invoice. Settlement 1 is not what its evidence shows. The datacenter does not hand over", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LongerTerm_WhichTheTenantSigned_IsAnInvoice()
    {
        var ran = await stage.Shell.RunAsync("invoice", stage.Amended.Id.Hex);
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Contains("Settlement 1 rests on the tenant's own signature, as extend --duration gives one: it names no evidence.", ran.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Evidence checked", ran.Out, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await stage.Shell.RunAsync("invoice", stage.Amended.Id.Hex, "-o", "json")).Out).RootElement;
        Assert.Equal((false, 1), (json.GetProperty("evidenceChecked").GetBoolean(), json.GetProperty("countersignedAlone").GetInt32()));
    }

    [Fact]
    public async Task LeaseThatDoesNotClose_TakesTooLong()
    {
        var ran = await stage.Shell.RunAsync("close", stage.Closing.Id.Hex, "--yes", "--wait", "--timeout", "1s");
        Assert.Equal((ExitCodes.Timeout, ""), (ran.Code, ran.Out));
        Assert.Contains("It is closing still.", ran.Error, StringComparison.Ordinal);
    }

    // Its term may be over in the same second, which its operator says on chain; or the tenant has closed it from another window.
    [Fact]
    public async Task LeaseThatSomebodyElseEndsMeanwhile_IsEnded_AsWasWanted()
    {
        var lease = await stage.Market.MatchAsync();
        Assert.Null(Assert.Single(await stage.Market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default)).Error);
        await using var relay = new Relay(stage.Market.Anvil.Url) { IsHonest = true };
        using var shell = new Shell();
        ChainVerbTests.Settle(shell, stage.Market, 3);
        shell.Variables["FEDERATION_RPC_URL"] = (await relay.StartAsync()).ToString();
        relay.BeforeEstimate = _ =>
        {
            relay.BeforeEstimate = null;
            return stage.Market.Tenant.CloseAsync(lease.Id, lease.Terms, default);
        };
        var ran = await shell.RunAsync("close", lease.Id.Hex, "--yes", "-o", "json");
        Assert.True(ran.Code == 0, ran.ToString());
        Assert.Contains("Somebody else has just ended it.", ran.Error, StringComparison.Ordinal);
        Assert.Equal("Closing", JsonDocument.Parse(ran.Out).RootElement.GetProperty("state").GetString());

        // What nobody has ended is refused as ever.
        var other = await stage.Market.MatchAsync();
        Assert.Null(Assert.Single(await stage.Market.Transactions().SubmitAsync([new ActivateIntent(other.Id, other.Terms)], default)).Error);
        relay.BeforeEstimate = _ => stage.Market.Tenant.AmendSpecAsync(other.Id, other.Terms, "0x" + new string('8', 64), default);
        var refused = await shell.RunAsync("close", other.Id.Hex, "--yes");
        Assert.Equal(ExitCodes.Refused, refused.Code);
        Assert.Contains("failed: TermsDiffer(", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoInterrupts_GetsTheCodeOfThat()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        // Of a process in the background the signal may be ignored from birth.
        var start = Shipped.Of(stage.Shell, "env", "--default-signal=INT", Shipped.Program, "datacenters");
        start.Environment["FEDERATION_RPC_URL"] = $"http://{silent.LocalEndpoint}";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var asked = await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"])) await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        Assert.Equal((ExitCodes.Interrupted, "", "error: Interrupted.\n"), (process.ExitCode, await output, await error));
    }

    /// <summary>A chain with a datacenter that hands nothing over, and leases: settled by a receipt, by an amendment, and closing.</summary>
    public sealed class Stage : IAsyncLifetime
    {
        private PlayedGateway gateway = null!;

        internal Market Market { get; private set; } = null!;

        internal Shell Shell { get; } = new();

        internal MatchedLease Settled { get; private set; } = null!;

        internal MatchedLease Amended { get; private set; } = null!;

        internal MatchedLease Closing { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            (gateway, Market) = (await PlayedGateway.StartAsync(), await Market.OpenAsync(Market.Settings with { SubmitSeconds = 3_600 }));
            await new DatacenterRegistration(Market.Provider.Writer, Market.Contracts.Registry)
                .EnsureAsync(new RegistryEntry(Market.Operator.Writer.Address, Market.Provider.Writer.Address, 0, gateway.Endpoint.AbsoluteUri, "eu-central"), default);
            (Settled, Amended, Closing) = (await Market.MatchAsync(), await Market.MatchAsync(), await Market.MatchAsync());
            foreach (var lease in new[] { Settled, Amended, Closing }) Assert.Null(Assert.Single(await Market.Transactions().SubmitAsync([new ActivateIntent(lease.Id, lease.Terms)], default)).Error);
            await Market.Anvil.PassAsync(60);
            var now = (long)(await Market.Anvil.Client.GetBlockAsync(Ethereum.Client.BlockParameter.Latest))!.Timestamp;
            var receipt = new Receipt(Settled.Id, 1, now, new UsageVector(36_000, 2_048, 0, 0, 0, 0), 0, "0x" + new string('7', 64), false);
            Assert.Null(Assert.Single(await Market.Transactions().SubmitAsync([new SettleIntent(Settled.Id, Settled.Terms, receipt)], default)).Error);
            await AmendAsync(Amended, now);
            await Market.Tenant.CloseAsync(Closing.Id, Closing.Terms, default);
            // Its notice is over, and the time for the last receipt is not.
            await Market.Anvil.PassAsync(61);
            ChainVerbTests.Settle(Shell, Market, 3);
        }

        public async ValueTask DisposeAsync()
        {
            Shell.Dispose();
            await gateway.DisposeAsync();
            await Market.DisposeAsync();
        }

        private async Task AmendAsync(MatchedLease lease, long now)
        {
            var longer = lease.Terms with { DurationSeconds = lease.Terms.DurationSeconds + 600 };
            var terms = new AmendmentTerms(lease.Id.Hex, lease.Terms, longer, 0, 1, now, new UsageVector(36_000, 2_048, 0, 0, 0, 0), 0, now + 300);
            var signer = new AmendmentSigner(Market.Operator.Signer, new LeaseDomain(Market.ChainId, Market.Contracts.LeaseManager));
            using var sender = new TransactionSender(Market.Anvil.Client, Market.ChainId, Anvil.Signer(3), Market.Sending, TimeProvider.System, NullLogger<TransactionSender>.Instance);
            var signed = new SignedAmendment(terms, await signer.SignAsync(terms, default));
            Assert.Null((await new EvmTenantTransactions(Market.Anvil.Client, sender, Market.Contracts).SubmitAsync(new AmendIntent(lease.Id, signed), default)).Error);
        }
    }
}
