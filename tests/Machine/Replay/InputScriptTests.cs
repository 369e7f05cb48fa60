using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Backends;
using Doppel.Backends.Character;
using Doppel.Machine.Replay;

namespace Doppel.Machine.Tests.Replay;

/// <summary>Scripted input depends on the guest's instructions only.</summary>
public sealed class InputScriptTests
{
    private readonly Port _port = new();

    [Fact]
    public void Input_is_offered_at_its_count_and_every_100_000_instructions_behind()
    {
        InputScript script = Script((500, "ab"), (100, "x"));
        Assert.Equal(100UL, script.InstructionsUntilNext(0));
        script.Offer(99, isHalted: true, null);
        script.Offer(101, isHalted: false, null);
        Assert.Empty(_port.Got);
        Assert.Equal(99_999UL, script.InstructionsUntilNext(101));
        script.Offer(100_100, isHalted: false, null);
        Assert.Equal("x", _port.Text);
        Assert.Equal(100_000UL - 99_600, script.InstructionsUntilNext(100_100));
        script.Offer(100_101, isHalted: true, null);
        Assert.Equal("xab", _port.Text);
        Assert.True(script.IsOver);
        Assert.Equal(ulong.MaxValue, script.InstructionsUntilNext(1));
    }

    [Fact]
    public void What_finds_no_room_waits()
    {
        InputScript script = Script((10, "abcd"), (10, "ef"));
        _port.Room = 3;
        List<string> told = [];
        script.Offer(10, isHalted: false, bytes => told.Add(Encoding.ASCII.GetString(bytes)));
        Assert.False(script.CanGive(10));
        _port.Room = 9;
        Assert.True(script.CanGive(10));
        _port.IsListening = false;
        Assert.False(script.CanGive(10));
        script.Offer(100_010, isHalted: false, null);
        _port.IsListening = true;
        script.Offer(200_010, isHalted: false, bytes => told.Add(Encoding.ASCII.GetString(bytes)));
        Assert.Equal(["abc", "d", "ef"], told);
        Assert.Equal("abcdef", _port.Text);
    }

    [Fact]
    public void A_guest_that_waits_for_ever_gets_the_next_input_at_once()
    {
        InputScript script = Script((1000, "a"), (2000, "b"));
        Assert.True(script.Hasten(5));
        Assert.True(script.IsPending(5));
        Assert.False(script.Hasten(5));
        script.Offer(5, isHalted: true, null);
        Assert.Equal("a", _port.Text);
        Assert.Equal(1995UL, script.InstructionsUntilNext(5));
    }

    [Fact]
    public void A_restored_machine_is_not_given_what_is_past()
    {
        InputScript script = Script((10, "a"), (20, "b"), (30, "c"));
        script.ContinueFrom(20);
        script.Offer(30, isHalted: false, null);
        Assert.Equal("c", _port.Text);
    }

    [Fact]
    public async Task Kicks_do_not_show_in_the_guest()
    {
        (string Hash, string Text) Run(bool kicked)
        {
            using MemoryCharacter serial = new();
            using VirtualMachine machine = new(ReplayRunTests.Spec() with
            {
                Serial0 = serial,
                HashAt = 6_000_000,
                Script = [new ScriptedInput(12_345, 0, Encoding.ASCII.GetBytes(new string('a', 100))), new ScriptedInput(700_001, 0, "xyz"u8.ToArray())],
            });
            using CancellationTokenSource over = new();
            Task kicker = Task.Run(() =>
            {
                while (kicked && !over.IsCancellationRequested)
                {
                    machine.StopPacing();
                }
            });
            MachineExit exit = machine.Run();
            over.Cancel();
            kicker.Wait();
            return (exit.Report, serial.Text);
        }

        (string hash, string text) = await Task.Run(() => Run(kicked: false), TestContext.Current.CancellationToken);
        Assert.Equal(new string('a', 100) + "xyz", text);
        Assert.Equal((hash, text), await Task.Run(() => Run(kicked: true), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_guest_without_timers_is_woken_by_its_script()
    {
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(ReplayRunTests.Spec() with
        {
            MaxTime = TimeSpan.FromSeconds(20),
            Kernel = EchoGuest.Image(pitCount: null),
            Serial0 = serial,
            Script = [new ScriptedInput(1_000_000_000, 0, "a"u8.ToArray()), new ScriptedInput(2_000_000_000, 0, "q"u8.ToArray())],
        });
        Assert.Equal(MachineExitKind.GuestExit, machine.Run().Kind);
        Assert.Equal("aq", serial.Text);
        Assert.InRange(machine.RetiredInstructions, 1UL, 100_000UL);
    }

    private InputScript Script(params (ulong At, string Text)[] inputs) =>
        new(Array.ConvertAll(inputs, input => new ScriptedInput(input.At, 0, Encoding.ASCII.GetBytes(input.Text))), 0, _port);

    private sealed class Port : ICharacterSink
    {
        public List<byte> Got { get; } = [];

        public string Text => Encoding.ASCII.GetString([.. Got]);

        public bool IsListening { get; set; } = true;

        public int Room { get; set; } = 1000;

        public void Receive(ReadOnlySpan<byte> bytes)
        {
            Got.AddRange(bytes);
            Room -= bytes.Length;
        }
    }
}
