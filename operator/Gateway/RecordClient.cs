using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Federation.Application.Ports;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Gateway.Wire;

namespace Federation.Gateway;

/// <summary>Who asks a gateway for what is of a lease: a message that says so, and its signature.</summary>
/// <param name="Message">Sign-In with Ethereum (EIP-4361).</param>
/// <param name="Signature">0x hex.</param>
public sealed record ReaderWord(string Message, string Signature);

/// <summary>A tenant's, or an arbiter's, view of one lease's receipts and evidence at one gateway. The client's base address is the gateway's endpoint as the registry has it.</summary>
/// <param name="prove">Signs for the lease's URL; asked anew before each request.</param>
public sealed class RecordClient(HttpClient http, LeaseId lease, Func<Uri, CancellationToken, Task<ReaderWord>> prove, TimeProvider clock) : ILeaseRecords
{
    private const int MostAnswerBytes = 1024 * 1024;

    // Each waits as long as the gateway says; the whole is bounded all the same.
    private const int MostTries = 20;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Of one window; one of an hour is some KB a pod.</summary>
    public int MostWindowBytes { get; init; } = 256 * 1024 * 1024;

    private Uri Lease => http.BaseAddress is { } address
        ? new Uri($"{address.AbsoluteUri.TrimEnd('/')}/v1/leases/{lease}")
        : throw new InvalidOperationException("Set the client's base address to the gateway's endpoint.");

    /// <inheritdoc/>
    /// <exception cref="GatewayException">No gateway answered there, it refused, or its answer is none.</exception>
    public async Task<SignedReceipt?> ReadReceiptAsync(CancellationToken cancellation)
    {
        var (status, body) = await ExchangeAsync(() => new HttpRequestMessage(HttpMethod.Get, Lease + "/receipt"), isProved: true, MostAnswerBytes, cancellation);
        return status == HttpStatusCode.NotFound ? null : Signed(Good(status, body));
    }

    /// <summary>All windows that are kept of the lease, by their number.</summary>
    /// <exception cref="GatewayException">No gateway answered there, it refused, or its answer is none.</exception>
    public async Task<IReadOnlyList<KeptWindow>> ListWindowsAsync(CancellationToken cancellation)
    {
        var windows = new List<KeptWindow>();
        for (long? from = 0; from is { } next;)
        {
            var (status, body) = await ExchangeAsync(() => new HttpRequestMessage(HttpMethod.Get, $"{Lease}/evidence?from={next}"), isProved: true, MostAnswerBytes, cancellation);
            var answer = Read<WindowsBody>(Good(status, body));
            windows.AddRange(answer.Windows);
            if (answer.Next <= next) throw new GatewayException($"The answer of {http.BaseAddress} is not a gateway's: its list goes on where it began.");
            from = answer.Next;
        }

        return windows;
    }

    /// <inheritdoc/>
    /// <exception cref="GatewayException">No gateway answered there, it refused, or its answer is none.</exception>
    public async Task<IReadOnlyList<string>?> ReadWindowAsync(string window, CancellationToken cancellation)
    {
        var (status, body) = await ExchangeAsync(() => new HttpRequestMessage(HttpMethod.Get, $"{Lease}/evidence/{Uri.EscapeDataString(window)}"), isProved: true, MostWindowBytes, cancellation);
        if (status == HttpStatusCode.NotFound) return null;
        using var reader = new StreamReader(new MemoryStream(Good(status, body)));
        var lines = new List<string>();
        while (await reader.ReadLineAsync(cancellation) is { } line) lines.Add(line);
        return lines;
    }

    /// <inheritdoc/>
    /// <exception cref="GatewayException">No gateway answered there, it refused, or its answer is none.</exception>
    public async Task CountersignAsync(string digest, string signature, CancellationToken cancellation)
    {
        var body = new CountersignatureBody(digest, signature);
        var (status, answer) = await ExchangeAsync(
            () => new HttpRequestMessage(HttpMethod.Post, Lease + "/receipt/signature") { Content = JsonContent.Create(body, options: GatewayJson.Options) }, isProved: false, MostAnswerBytes, cancellation);
        Good(status, answer);
    }

    // Another replica answers, or this one does in a while: both say so.
    private async Task<(HttpStatusCode Status, byte[] Body)> ExchangeAsync(Func<HttpRequestMessage> ask, bool isProved, int mostBytes, CancellationToken cancellation)
    {
        try
        {
            for (var tries = 1; ; tries++)
            {
                using var message = ask();
                if (isProved && await prove(Lease, cancellation) is var word) message.Headers.Authorization = new AuthenticationHeaderValue(ReaderHeader.Scheme, ReaderHeader.Write(word.Message, word.Signature));
                using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
                await response.Content.LoadIntoBufferAsync(mostBytes, cancellation);
                var isLater = response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests && response.Headers.RetryAfter is not null;
                if (!isLater || tries == MostTries) return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation));
                var wait = response.Headers.RetryAfter!.Delta ?? LongestWait;
                await Task.Delay(wait < LongestWait ? wait : LongestWait, clock, cancellation);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new GatewayException($"The gateway at {http.BaseAddress} gave no answer: {e.Message}", e);
        }
    }

    private byte[] Good(HttpStatusCode status, byte[] body)
    {
        if (status == HttpStatusCode.OK) return body;
        var refusal = Read<Refusal>(body);
        throw new GatewayException($"The gateway at {http.BaseAddress} refused ({refusal.Reason}): {refusal.Message}");
    }

    private SignedReceipt Signed(byte[] body)
    {
        try
        {
            return Read<ReceiptBody>(body).ToSigned();
        }
        catch (FormatException e)
        {
            throw new GatewayException($"The answer of {http.BaseAddress} is not a gateway's: {e.Message}", e);
        }
    }

    private T Read<T>(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, GatewayJson.Options) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new GatewayException($"The answer of {http.BaseAddress} is not a gateway's: {e.Message}", e);
        }
    }
}
