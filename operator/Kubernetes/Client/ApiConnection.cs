using System.Net;
using System.Text.Json;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Client;

/// <summary>Sends requests: deadline, repetition where it is safe, and errors as values of one type.</summary>
internal sealed class ApiConnection(HttpClient http, KubernetesClientOptions options, TimeProvider time, IWriteFence? fence = null)
{
    public KubernetesClientOptions Options => options;

    public TimeProvider Time => time;

    public ApiConnection WithFence(IWriteFence next) => new(http, options, time, next);

    /// <returns>The body of a successful answer.</returns>
    /// <exception cref="KubernetesException">The server refused.</exception>
    /// <exception cref="HttpRequestException">The server was not reached.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="KubernetesClientOptions.Timeout"/>.</exception>
    public async Task<byte[]> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var started = time.GetTimestamp();
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    return await OnceAsync(request, either.Token);
                }
                catch (Exception failure) when (attempt < options.MaxRetries && MayRepeat(request, failure))
                {
                    var pause = Pause(failure, attempt);
                    if (time.GetElapsedTime(started) + pause >= options.Timeout)
                    {
                        throw;
                    }

                    await Task.Delay(pause, time, either.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{request.Method} {request.Path}: no answer within {options.Timeout.TotalSeconds:F0} s.");
        }
    }

    /// <summary>Opens an answer that goes on, such as a watch or a log. The caller bounds the reading.</summary>
    public async Task<HttpResponseMessage> OpenAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var message = request.Message();
        try
        {
            var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode)
            {
                using (response)
                {
                    throw await ErrorAsync(response, either.Token);
                }
            }

            return response;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{request.Path}: no answer within {options.Timeout.TotalSeconds:F0} s.");
        }
    }

    private async Task<byte[]> OnceAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var message = request.Message();
        if (!request.IsRead)
        {
            fence?.ThrowIfLost();
        }

        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseContentRead, cancellationToken);
        return response.IsSuccessStatusCode
            ? await response.Content.ReadAsByteArrayAsync(cancellationToken)
            : throw await ErrorAsync(response, cancellationToken);
    }

    // 429 is the server's word that it did nothing. After any other failure a write may have happened.
    private static bool MayRepeat(ApiRequest request, Exception failure) => failure switch
    {
        KubernetesException refused => refused.IsTooManyRequests || (request.IsRead && refused.IsTransient),
        HttpRequestException => request.IsRead,
        _ => false,
    };

    private TimeSpan Pause(Exception failure, int attempt) =>
        (failure as KubernetesException)?.RetryAfter ?? options.RetryDelay * Math.Pow(2, attempt);

    private static async Task<KubernetesException> ErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var after = response.Headers.RetryAfter?.Delta;
        return new KubernetesException(StatusOf(body, response), response.StatusCode, after);
    }

    private static V1Status StatusOf(byte[] body, HttpResponseMessage response)
    {
        try
        {
            if (JsonSerializer.Deserialize<V1Status>(body, KubernetesJson.Options) is { Message.Length: > 0 } status)
            {
                return status;
            }
        }
        catch (JsonException)
        {
            // Proxies and some handlers answer in plain text.
        }

        var text = System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 512))).Trim();
        return new V1Status
        {
            Code = (int)response.StatusCode,
            Reason = response.StatusCode == HttpStatusCode.Gone ? "Expired" : response.StatusCode.ToString(),
            Message = $"{(int)response.StatusCode} {response.ReasonPhrase}: {text}",
        };
    }
}
