using System.Numerics;
using Federation.Chain.Bindings;
using Federation.Chain.Bindings.ResultBoard;
using Federation.Chain.Mapping;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Abi;

namespace Federation.Chain.Accounts;

/// <summary>Results on chain, of one lease or of a replicated job: for a provider or a tenant with its own key.</summary>
public sealed class ResultDesk(ContractWriter writer, ContractAddresses contracts)
{
    private static readonly AbiType[] CommitmentTypes = [AbiType.Parse("bytes32"), AbiType.Parse("bytes32"), AbiType.Parse("uint32"), AbiType.Parse("address"), AbiType.Parse("bytes32")];

    public Task<Result> ReadAsync(Bytes32 id, CancellationToken cancellation) => writer.ReadAsync(contracts.Results, new ResultOfFunction { Id = id }, cancellation);

    /// <summary>What identifies a replicated job: the hash of its terms.</summary>
    public static Bytes32 JobOf(JobTerms terms) => Keccak256.Hash(AbiEncoder.Encode([JobTerms.AbiType], [terms]));

    /// <summary>Asks the replicas of one Request for a result that most of them agree on; locks the reward.</summary>
    /// <param name="funding">How the reward comes in; see <see cref="Funding"/>.</param>
    public Task OpenJobAsync(JobTerms terms, byte[] funding, CancellationToken cancellation) =>
        writer.CallAsync(contracts.Results, new OpenJobFunction { Terms = terms, Funding = funding }, cancellation);

    /// <summary>The provider of a replica binds itself to a result that nobody can read yet; locks its bond.</summary>
    /// <param name="replica">Number of the lease among those of the Request.</param>
    /// <param name="salt">Secret until the reveal.</param>
    /// <param name="funding">How the bond comes in; see <see cref="Funding"/>.</param>
    public Task CommitAsync(JobTerms terms, byte replica, LeaseTerms lease, Bytes32 digest, uint status, Bytes32 salt, byte[] funding, CancellationToken cancellation)
    {
        var commitment = Keccak256.Hash(AbiEncoder.Encode(CommitmentTypes, [JobOf(terms), digest, status, Address.Parse(lease.Provider), salt]));
        return writer.CallAsync(contracts.Results, new CommitFunction
        {
            Terms = terms, Replica = replica, Lease = lease.ToContract(), Commitment = commitment, Funding = funding,
        }, cancellation);
    }

    public Task RevealAsync(JobTerms terms, byte replica, Bytes32 digest, uint status, Bytes32 salt, CancellationToken cancellation) => writer.CallAsync(
        contracts.Results, new RevealFunction { Terms = terms, Replica = replica, Digest = digest, Status = status, Salt = salt }, cancellation);

    /// <summary>Counts the reveals and moves the money; anybody may.</summary>
    /// <param name="leases">Terms of the replicas' leases in their order.</param>
    public Task FinaliseAsync(JobTerms terms, IReadOnlyList<LeaseTerms> leases, CancellationToken cancellation) =>
        writer.CallAsync(contracts.Results, new FinaliseFunction { Terms = terms, Leases = [.. leases.Select(l => l.ToContract())] }, cancellation);
}
