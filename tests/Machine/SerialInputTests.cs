using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Doppel.Backends;

namespace Doppel.Machine.Tests;

/// <summary>Serial input waits for a guest that listens, and who sends it waits for room.</summary>
public sealed class SerialInputTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Port _port = new();
    private readonly SerialInput _input;

    public SerialInputTests() => _input = new SerialInput(_port);

    [Fact]
    public void Nothing_is_lost_before_the_guest_listens()
    {
        Assert.Equal(3, _input.Post("abc"u8));
        _input.Deliver();
        Assert.Empty(_port.Got);
        Assert.False(_input.CanDeliver);
        _port.IsListening = true;
        Assert.True(_input.CanDeliver);
        _input.Deliver();
        Assert.Equal("abc"u8.ToArray(), _port.Got);
        Assert.False(_input.CanDeliver);
    }

    [Fact]
    public void A_full_port_gets_no_more_than_fits()
    {
        _port.IsListening = true;
        _port.Room = 2;
        _input.Post("abc"u8);
        _input.Deliver();
        Assert.Equal("ab"u8.ToArray(), _port.Got);
        Assert.True(_input.HasWaiting);
    }

    [Fact]
    public async Task What_waits_is_bounded_and_room_can_be_waited_for()
    {
        Assert.Equal(SerialInput.MaxWaitingBytes, _input.Post(new byte[SerialInput.MaxWaitingBytes + 1]));
        Assert.Equal(0, _input.Post([1]));
        Assert.False(_input.WaitForRoom(TimeSpan.FromMilliseconds(1)));
        Task<bool> waiting = Task.Run(() => _input.WaitForRoom(Patience), TestContext.Current.CancellationToken);
        _port.IsListening = true;
        _port.Room = 10;
        _input.Deliver();
        Assert.True(await waiting);
    }

    [Fact]
    public async Task A_machine_that_goes_away_frees_who_waits()
    {
        _input.Post(new byte[SerialInput.MaxWaitingBytes]);
        Task<bool> waiting = Task.Run(() => _input.WaitForRoom(Patience), TestContext.Current.CancellationToken);
        _input.Close();
        Assert.False(await waiting.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    private sealed class Port : ICharacterSink
    {
        public List<byte> Got { get; } = [];

        public bool IsListening { get; set; }

        public int Room { get; set; } = 1000;

        public void Receive(ReadOnlySpan<byte> bytes)
        {
            Got.AddRange(bytes);
            Room -= bytes.Length;
        }
    }
}
