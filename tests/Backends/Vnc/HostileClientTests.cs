using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using Doppel.Backends.Vnc;

namespace Doppel.Backends.Tests.Vnc;

public sealed class HostileClientTests
{
    private readonly RecordingInput _input = new();
    private readonly ScreenPicture _picture = new();

    public HostileClientTests() => _picture.Resize(1024, 768);

    private ScreenArea Whole => new(0, 0, _picture.Width, _picture.Height);

    [Fact]
    public void A_client_that_does_not_read_holds_nobody_up()
    {
        using VncServer server = new(new VncOptions { Port = 0 }, _input);
        Noise(1);
        server.Show(_picture, Whole, null);
        using RfbTestClient stalled = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw);
        using RfbTestClient live = RfbTestClient.Open(server.Port, "native", RfbTestClient.Zrle);
        for (int i = 0; i < 40; i++)
        {
            stalled.Request(isIncremental: false);
        }

        long before = GC.GetTotalAllocatedBytes();
        Stopwatch showing = new();
        for (int i = 0; i < 40; i++)
        {
            Noise(i);
            showing.Start();
            server.Show(_picture, Whole, null);
            showing.Stop();
        }

        live.SyncTo(_picture);
        Assert.True(showing.Elapsed < TimeSpan.FromSeconds(5), $"40 pictures took {showing.Elapsed}");
        Assert.True(GC.GetTotalAllocatedBytes() - before < 200L << 20, "memory grows with what a stalled client misses");
        stalled.ReadUpdate();
        stalled.SyncTo(_picture);
    }

    [Fact]
    public void Clients_that_vanish_leave_nothing_behind()
    {
        using VncServer server = new(new VncOptions { Port = 0, MaxClients = 4 }, _input);
        server.Show(_picture, Whole, null);
        for (int i = 0; i < 12; i++)
        {
            Assert.True(SpinWait.SpinUntil(() => server.ClientCount < 4, 20_000));
            RfbTestClient client = Patiently(() => RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw));
            client.Request(isIncremental: false);
            client.Dispose();
        }

        Assert.True(SpinWait.SpinUntil(() => server.ClientCount == 0, 20_000));
    }

    [Fact]
    public void One_client_too_many_is_turned_away()
    {
        using VncServer server = new(new VncOptions { Port = 0, MaxClients = 2 }, _input);
        using RfbTestClient first = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw);
        using RfbTestClient second = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw);
        using (RfbTestClient third = new(server.Port))
        {
            Assert.True(third.IsDropped());
        }

        first.Request(isIncremental: false);
        first.ReadUpdate();
    }

    [Theory]
    [InlineData("07")] // no such message
    [InlineData("06000000FFFFFFFF")] // a clipboard of 4 GiB
    [InlineData("FF01000100000000")] // a QEMU message that was not offered
    [InlineData("00000000181800010000000000000000000000")] // 24 bits a pixel
    [InlineData("0000000020180001FFFFFFFFFFFF1F1F1F000000")] // colours beyond the pixel
    [InlineData("00000000081800010007000700FF050301000000")] // blue beyond the pixel
    [InlineData("0000000020180000000000000000000000000000")] // 32 bits without true colour
    public void Broken_messages_end_their_client_only(string hex)
    {
        using VncServer server = new(new VncOptions { Port = 0 }, _input);
        using RfbTestClient bystander = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw);
        using (RfbTestClient client = new(server.Port))
        {
            client.Handshake();
            client.Send(Convert.FromHexString(hex.PadRight(40, '0')));
            Assert.True(client.IsDropped());
        }

        bystander.Request(isIncremental: false);
        bystander.ReadUpdate();
    }

    [Fact]
    public void A_clipboard_within_bounds_is_passed_over()
    {
        using VncServer server = new(new VncOptions { Port = 0 }, _input);
        using RfbTestClient client = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw);
        byte[] message = new byte[8 + (1 << 20)];
        (message[0], message[5]) = (6, 0x10);
        client.Send(message);
        client.Key('a', true);
        Assert.Equal("+1E", _input.WaitFor(1));
    }

    [Fact]
    public void Requests_outside_the_screen_are_harmless()
    {
        using VncServer server = new(new VncOptions { Port = 0 }, _input);
        server.Show(_picture, Whole, null);
        using RfbTestClient client = RfbTestClient.Open(server.Port, "native", RfbTestClient.Zrle);
        client.Request(false, 65535, 65535, 65535, 65535);
        client.Request(true, 0, 0, 0, 0);
        client.Request(false, 1000, 700, 65535, 65535);
        client.ReadUpdate();
        Assert.Equal(1, client.LastRectangles);
    }

    [Fact]
    public void Noise_before_and_after_the_handshake_never_hurts_the_server()
    {
        using VncServer server = new(new VncOptions { Port = 0, MaxClients = 16 }, _input);
        server.Show(_picture, Whole, null);
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            byte[] noise = new byte[random.Next(1, 5000)];
            random.NextBytes(noise);
            using RfbTestClient client = Patiently(() => new RfbTestClient(server.Port));
            try
            {
                if (seed % 3 != 0)
                {
                    client.Handshake();
                    noise[0] = (byte)random.Next(7);
                }

                client.Send(noise);
            }
            catch (IOException)
            {
                // Dropped already, or turned away.
            }
        }

        Assert.True(SpinWait.SpinUntil(() => server.ClientCount == 0, 20_000));
        using RfbTestClient last = Patiently(() => RfbTestClient.Open(server.Port, "native", RfbTestClient.Zrle));
        last.SyncTo(_picture);
    }

    [Fact]
    public void An_end_of_the_server_ends_its_clients()
    {
        VncServer server = new(new VncOptions { Port = 0 }, _input);
        using RfbTestClient stalled = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw);
        using RfbTestClient silent = new(server.Port);
        Noise(0);
        server.Show(_picture, Whole, null);
        for (int i = 0; i < 20; i++)
        {
            stalled.Request(isIncremental: false);
        }

        Stopwatch time = Stopwatch.StartNew();
        server.Dispose();
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(5), $"took {time.Elapsed}");
        Assert.True(silent.IsDropped());
        Assert.False(server.IsWatching);
    }

    // While the places of clients that have left are not free yet, a newcomer is turned away.
    private static T Patiently<T>(Func<T> open)
    {
        long until = Environment.TickCount64 + 20_000;
        while (true)
        {
            try
            {
                return open();
            }
            catch (IOException) when (Environment.TickCount64 < until)
            {
                Thread.Sleep(20);
            }
        }
    }

    private void Noise(int seed)
    {
        Random random = new(seed);
        foreach (ref uint pixel in _picture.Pixels)
        {
            pixel = (uint)random.Next(0x100_0000);
        }
    }
}
