using System.Net;
using System.Net.Sockets;
using System.Text;
using Federation.Host.Serving;
using Federation.Host.Tests.Support;
using Federation.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests;

/// <summary>Strangers open connections to the gateway and say nothing, as the program has it listen.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task SilentConnections_OfOneAddress_LeaveRoomForOthers_AndForTheOwnPort()
    {
        var (gateway, own) = (FreePorts.Take(), FreePorts.Take());
        await using var app = await ServeAsync(gateway, own, most: 10, perAddress: 4);
        var silent = await OpenAsync("127.0.0.2", gateway, 6);
        try
        {
            Assert.Equal([true, true, true, true, false, false], silent.Select(IsOpen));
            Assert.True(await IsServedAsync("127.0.0.3", gateway));
            Assert.False(await IsServedAsync("127.0.0.2", gateway));

            // All of them: nobody else comes in, but the kubelet that asks whether this program lives.
            silent.AddRange(await OpenAsync("127.0.0.4", gateway, 4));
            silent.AddRange(await OpenAsync("127.0.0.5", gateway, 4));
            Assert.Equal(10, silent.Count(IsOpen));
            Assert.False(await IsServedAsync("127.0.0.3", gateway));
            Assert.True(await IsServedAsync("127.0.0.3", own));
        }
        finally
        {
            silent.ForEach(s => s.Dispose());
        }

        // What has ended is free again.
        for (var i = 0; i < 100 && !await IsServedAsync("127.0.0.2", gateway); i++) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Assert.True(await IsServedAsync("127.0.0.2", gateway));
    }

    [Fact]
    public async Task TrustedProxy_ConnectsForMany()
    {
        var (gateway, own) = (FreePorts.Take(), FreePorts.Take());
        await using var app = await ServeAsync(gateway, own, most: 10, perAddress: 2, "127.0.0.2/32");
        var silent = await OpenAsync("127.0.0.2", gateway, 6);
        Assert.All(silent, s => Assert.True(IsOpen(s)));
        silent.ForEach(s => s.Dispose());
    }

    private static async Task<WebApplication> ServeAsync(int gateway, int own, int most, int perAddress, params string[] proxies)
    {
        var (options, builder) = (ValidOptions.Make(), WebApplication.CreateSlimBuilder());
        (options.Listen, options.OwnPort, options.TrustedProxies) = ($"http://127.0.0.1:{gateway};http://127.0.0.1:{own}", own, proxies);
        (options.Connections.Most, options.Connections.PerAddress) = (most, perAddress);
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(options.ListenUrls).UseGatewayTls(options);
        builder.Services.AddSingleton(TimeProvider.System);
        var app = builder.Build();
        app.Run(http => http.Response.WriteAsync("ok"));
        await app.StartAsync();
        return app;
    }

    private static async Task<List<Socket>> OpenAsync(string from, int port, int count)
    {
        var sockets = new List<Socket>();
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Refused so soon that it was told together with the connection: it reads its end, as any that is refused.
            }

            // One after the other: each is counted, or refused, before the next one comes.
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return sockets;
    }

    // One that was refused has something to read: its end.
    private static bool IsOpen(Socket socket) => !socket.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead);

    private static async Task<bool> IsServedAsync(string from, int port)
    {
        using var socket = (await OpenAsync(from, port, 1))[0];
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
            var buffer = new byte[256];
            return await socket.ReceiveAsync(buffer) is var read and > 0 && Encoding.ASCII.GetString(buffer, 0, read).StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
