using System.Numerics;
using System.Security.Cryptography;
using Federation.Chain.Accounts;
using Federation.Chain.Bindings;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Harness.Images;
using Federation.Scenarios.MainJob;

namespace Federation.Scenarios.Money;

/// <summary>One job on three datacenters, of which one lies about what came out.</summary>
[Collection(ThreeDatacentersCollection.Name)]
[Trait("Target", "stories")]
public sealed class ReplicatedJobTests(ThreeDatacenters stage)
{
    private static readonly BigInteger Bond = 30_000;
    private static readonly BigInteger Reward = 90_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OneOfThreeLies_TheOthersResultStands_TheLiarLosesBondAndSlice()
    {
        var story = FederationStage.Story("replicated", Workloads.Job(BusyboxImages.Digest, "what", "is", "true"));
        var request = (await stage.Tenant.RequestAsync(story, Cancellation)).ForPosting() with { Fills = 3 };
        var hash = await new PostedRequests(stage.Chain.Tenant.Writer, stage.Chain.Contracts).PostAsync(request, Posting.BidSeconds, Funding.Allowance, Cancellation);
        var leases = await stage.AwardedAsync(stage.Tenant, story, request, hash);
        Assert.Equal(3, leases.DistinctBy(l => l.Demo.Datacenter.Name).Count());
        foreach (var lease in leases) await lease.DeliverAsync();
        await Task.WhenAll(leases.Select(l => l.WaitForPhaseAsync(LeasePhase.Completed)));
        var outcomes = await Task.WhenAll(leases.Select(l => l.ReadOutcomeAsync()));
        Assert.All(outcomes, o => Assert.Equal(Posting.Sha256Of("what is true"), o));

        var job = await OpenJobAsync(hash);
        var digests = outcomes.Select(o => Keccak256.Hash(o)).ToArray();
        var honest = digests[0];
        digests[^1] = Keccak256.Hash("something cheaper");
        var earned = await Task.WhenAll(leases.Select(EarnedAsync));
        await RevealAllAsync(job, leases, digests);
        var (money, before) = (await stage.Ledger.VaultOfAsync(stage.Chain.Tenant.Signer.Address, Cancellation), await leases[^1].ReadChainAsync());
        await new ResultDesk((await stage.NewAccountAsync(0)).Writer, stage.Chain.Contracts).FinaliseAsync(job, [.. leases.Select(l => l.Demo.Terms)], Cancellation);

        Assert.Equal(honest, (await Desk(leases[0]).ReadAsync(ResultDesk.JobOf(job), Cancellation)).Digest);
        var slice = leases[^1].Demo.Terms.Parameters.Slice;
        Assert.Equal((BigInteger.Zero, slice), (before.Slashed, (await leases[^1].ReadChainAsync()).Slashed));
        Assert.Equal(money + (slice / 2), await stage.Ledger.VaultOfAsync(stage.Chain.Tenant.Signer.Address, Cancellation));
        foreach (var (lease, until) in leases.Zip(earned).SkipLast(1))
            Assert.True(await EarnedAsync(lease) >= until + ((Reward + Bond) / 2), $"{lease.Demo.Datacenter.Name} told the truth and did not get its share");

        await Task.WhenAll(leases.Select(l => l.CloseAsync()));
        await Task.WhenAll(leases.Select(l => l.WaitForCloseAsync()));
        foreach (var row in await Task.WhenAll(leases.Select(l => l.ReadRowAsync())))
            Assert.Equal((BigInteger.Zero, row.Deposited), (row.Held, row.Paid + row.Refunded));
        await Sums.AssertVaultAddsUpAsync(stage);
    }

    private async Task<JobTerms> OpenJobAsync(string requestHash)
    {
        var now = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var job = new JobTerms
        {
            Tenant = stage.Chain.Tenant.Signer.Address, Token = stage.Chain.Token, RequestHash = Bytes32.Parse(requestHash), Replicas = 3, Threshold = 2,
            Deterministic = true, Callback = false, Bond = Bond, Reward = Reward, CommitUntil = now + 120, RevealUntil = now + 240, Salt = 1,
        };
        await new ResultDesk(stage.Chain.Tenant.Writer, stage.Chain.Contracts).OpenJobAsync(job, Funding.Allowance, Cancellation);
        return job;
    }

    private async Task RevealAllAsync(JobTerms job, IReadOnlyList<TenantLease> leases, Bytes32[] digests)
    {
        var salts = leases.Select(_ => new Bytes32(RandomNumberGenerator.GetBytes(32))).ToArray();
        for (byte i = 0; i < leases.Count; i++)
        {
            var provider = stage.Chain.Providers[leases[i].Demo.Datacenter.Name];
            await stage.Chain.MintAsync(provider.Signer.Address, Bond, Cancellation);
            await new TenantWallet(provider.Writer, stage.Chain.Contracts).ApproveAsync(stage.Chain.Token, Bond, Cancellation);
            await Desk(leases[i]).CommitAsync(job, i, leases[i].Demo.Terms, digests[i], 0, salts[i], Funding.Allowance, Cancellation);
        }

        // All have committed: nobody can copy any more, so it may be opened at once.
        for (byte i = 0; i < leases.Count; i++) await Desk(leases[i]).RevealAsync(job, i, digests[i], 0, salts[i], Cancellation);
    }

    private ResultDesk Desk(TenantLease lease) => new(stage.Chain.Providers[lease.Demo.Datacenter.Name].Writer, stage.Chain.Contracts);

    private Task<BigInteger> EarnedAsync(TenantLease lease) => stage.Ledger.VaultOfAsync(stage.Chain.Payouts[lease.Demo.Datacenter.Name], Cancellation);
}
