using System.Security.Cryptography.X509Certificates;
using System.Text;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Microsoft.Extensions.Logging;

namespace Federation.Kubernetes.Admission.Certificates;

/// <summary>
/// The certificates of a webhook, in a Secret that its replicas share. Any replica may renew them: the Secret's version
/// decides who was first, and the others take what is there. A Secret that vanishes is written again as it was.
/// </summary>
public sealed class CertificateKeeper(KubernetesClient client, CertificateOptions options, ILogger log, TimeProvider? time = null)
{
    private const int MostTries = 5;

    private readonly TimeProvider clock = time ?? TimeProvider.System;
    private volatile CertificateSet? current;
    private volatile TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What to serve now; null before the first <see cref="EnsureAsync"/>.</summary>
    public X509Certificate2? Current => current?.Serving;

    /// <summary>What the API server has to trust, as <c>caBundle</c> holds it; null before the first <see cref="EnsureAsync"/>.</summary>
    public string? CaBundle => current is { } set ? Convert.ToBase64String(Encoding.UTF8.GetBytes(set.Bundle)) : null;

    /// <summary>Completes when there are other certificates than now.</summary>
    public Task Changed => changed.Task;

    /// <summary>One look: what is due is renewed, what another replica renewed is taken over.</summary>
    /// <exception cref="KubernetesException">The Secret cannot be read or written.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var secret = await client.Resource<V1Secret>().GetAsync(options.SecretName, options.Namespace, cancellationToken);
            var stored = CertificateSet.TryParse(secret?.Data);
            var next = CertificatePlan.Next(stored ?? current, options, clock.GetUtcNow());
            try
            {
                if (next != stored)
                {
                    await WriteAsync(secret, next, cancellationToken);
                }

                Take(next);
                return;
            }
            catch (KubernetesException other) when ((other.IsConflict || other.IsAlreadyExists) && tries < MostTries)
            {
                // Another replica was faster: look again at what it wrote.
            }
        }
    }

    /// <summary>Looks again and again. A failure changes nothing that is served.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.Interval, clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await EnsureAsync(cancellationToken);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                log.LogWarning("The webhook's certificate, good until {End:u}, could not be looked after: {Problem}", Current?.NotAfter.ToUniversalTime(), failure.Message);
            }
        }
    }

    private async Task WriteAsync(V1Secret? seen, CertificateSet next, CancellationToken cancellationToken)
    {
        var secrets = client.Resource<V1Secret>();
        var secret = (seen ?? new V1Secret { Metadata = new() { Name = options.SecretName, Namespace = options.Namespace }, Type = "Opaque" }) with { Data = next.ToData() };
        await (seen is null ? secrets.CreateAsync(secret, cancellationToken: cancellationToken) : secrets.ReplaceAsync(secret, cancellationToken: cancellationToken));
        log.LogInformation("The webhook's certificates were written to Secret {Namespace}/{Name}: {Certificate}", options.Namespace, options.SecretName, next);
    }

    private void Take(CertificateSet next)
    {
        if (current is { } known && known.Serving.Equals(next.Serving) && known.Bundle == next.Bundle)
        {
            return;
        }

        current = next;
        Interlocked.Exchange(ref changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
