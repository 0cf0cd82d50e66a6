using System.Text;
using Federation.Application.Ports;
using Federation.Testing.Builders;

namespace Federation.Testing.Holding;

/// <summary>Signs nothing; the Request's hash depends on all of it, as the real one does.</summary>
public sealed class FakeOfferSigner : IOfferSigner
{
    public int Signed { get; private set; }

    public static string HashOf(RequestTerms request) => FakeHasher.Instance.Keccak256(Encoding.UTF8.GetBytes(request.ToString()));

    public Task<SignedOffer> SignAsync(OfferTerms offer, RequestTerms request, CancellationToken cancellation)
    {
        Signed++;
        return Task.FromResult(new SignedOffer(Some.Provider, Some.Token, HashOf(request), offer, 0, "0x"));
    }
}
