using Federation.Application.Ports;

namespace Federation.Testing.Holding;

/// <summary>Signs nothing.</summary>
public sealed class FakeAmendmentSigner : IAmendmentSigner
{
    public int Signed { get; private set; }

    public Task<string> SignAsync(AmendmentTerms amendment, CancellationToken cancellation)
    {
        Signed++;
        return Task.FromResult("0x");
    }
}
