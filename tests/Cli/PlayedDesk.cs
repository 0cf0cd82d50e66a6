using System.Collections.Concurrent;
using System.Text;
using Federation.Application.Handing;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Settlement;
using Federation.Domain.Usage;

namespace Federation.Cli.Tests;

/// <summary>A datacenter's receipts and evidence, as a test has them; none until it says so.</summary>
internal sealed class PlayedDesk(ulong chainId, string leaseManager) : IRecordDesk, IEvidenceDesk
{
    private static readonly string Word = "0x" + new string('5', 64);

    /// <summary>What it says to everybody instead of handing anything over; empty: nothing.</summary>
    public string Reason { get; set; } = "";

    public Receipt? Next { get; set; }

    public IReadOnlyList<WindowEvidence> Windows { get; set; } = [];

    /// <summary>Root of every window that was asked for.</summary>
    public ConcurrentQueue<string> Opened { get; } = [];

    public IEvidenceDesk Evidence => this;

    public Task<Handed<SignedReceipt>> ReceiptAsync(LeaseId lease, ReaderClaim claim, CancellationToken cancellation) => Task.FromResult(
        Reason.Length > 0 ? new Handed<SignedReceipt>(null, Reason, "Not today.")
        : Next is { } next && next.Id == lease ? new Handed<SignedReceipt>(new SignedReceipt(next, chainId, leaseManager, Word, Word))
        : new Handed<SignedReceipt>(null, HandingReasons.ReceiptMissing, "There is none."));

    public Task<Handed<SignedReceipt>> CountersignAsync(LeaseId lease, string digest, string signature, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<Handed<IReadOnlyList<KeptWindow>>> ListAsync(LeaseId lease, ReaderClaim claim, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<Handed<Stream>> OpenAsync(LeaseId lease, string window, ReaderClaim claim, CancellationToken cancellation)
    {
        Opened.Enqueue(window);
        return Task.FromResult(Windows.FirstOrDefault(w => w.Root == window) is { } kept
            ? new Handed<Stream>(new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(kept.Lines.Select(l => l + "\n")))))
            : new Handed<Stream>(null, HandingReasons.EvidenceMissing, "There is none."));
    }
}
