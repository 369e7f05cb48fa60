using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Doppel.Backends;
using Doppel.Backends.Character;
using Doppel.Backends.Keys;
using Doppel.Machine.Outside;
using Doppel.Machine.Replay;

namespace Doppel.Machine.Tests.Outside;

/// <summary>Keys and mouse reach the guest, live, scripted and replayed.</summary>
public sealed class OutsideInputTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly byte[] s_image = KeyGuest.Image();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_and_movements_reach_the_guest(bool deterministic)
    {
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec() with { Serial0 = serial, Deterministic = deterministic, PacesIdleTime = deterministic });
        Task<MachineExit> run = Task.Run(() => machine.Run(), TestContext.Current.CancellationToken);
        Assert.True(serial.WaitFor("r", 20_000));
        Type(machine.Input, "Ab");
        Assert.True(serial.WaitFor("\u002A\u001E\u009E\u00AA\u0030\u00B0", 20_000), Show(serial));
        machine.Input.Pointer(3, -2, 0, PointerButtons.Left);
        Assert.True(serial.WaitFor("m\u0009m\u0003m\u0002", 20_000), Show(serial));
        End(machine.Input);
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), await run.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Scripted_keys_give_the_same_state_each_time_and_other_keys_another()
    {
        string Hash(string text)
        {
            using VirtualMachine machine = new(Spec() with { Script = Script(text) });
            Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), machine.Run());
            return machine.ComputeStateHash();
        }

        Assert.Equal(Hash("Hello"), Hash("Hello"));
        Assert.NotEqual(Hash("Hello"), Hash("hello"));
    }

    [Fact]
    public void Scripted_keys_are_recorded_and_replayed()
    {
        using MemoryStream log = new();
        string hash;
        string said;
        using (MemoryCharacter serial = new())
        using (VirtualMachine machine = new(Spec() with { Serial0 = serial, Script = Script("typed"), RecordTo = log }))
        {
            Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), machine.Run());
            hash = machine.ComputeStateHash();
            said = Show(serial);
        }

        Replay(log.ToArray(), hash, said);
    }

    [Fact]
    public async Task What_a_person_does_is_recorded_and_replayed()
    {
        using MemoryStream log = new();
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec() with { Serial0 = serial, PacesIdleTime = true, RecordTo = log });
        Task<MachineExit> run = Task.Run(() => machine.Run(), TestContext.Current.CancellationToken);
        Assert.True(serial.WaitFor("r", 20_000));
        Random random = new(5);
        for (int i = 0; i < 60; i++)
        {
            machine.Input.Key(new KeyCode((byte)(0x10 + random.Next(8))), random.Next(2) == 0);
            machine.Input.Pointer(random.Next(-5, 5), random.Next(-5, 5), 0, (PointerButtons)random.Next(4));
            await Task.Delay(random.Next(8), TestContext.Current.CancellationToken);
        }

        End(machine.Input);
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), await run.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Assert.Contains('m', serial.Text);
        Replay(log.ToArray(), machine.ComputeStateHash(), Show(serial));
    }

    [Fact]
    public void A_held_key_repeats_and_a_restored_machine_goes_on_with_it()
    {
        MachineSpec spec = Spec() with { Script = [ScriptedInput.Keys(1_000, [new KeyEvent(new KeyCode(0x1E), IsDown: true)])] };
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(spec with { Serial0 = serial, HashAt = 2_000 });
        Assert.Equal(MachineExitKind.HashReached, machine.Run().Kind);
        int before = serial.Text.Count(code => code == '\u001E');
        Assert.True(before >= 10, Show(serial));
        using MemoryCharacter other = new();
        using VirtualMachine child = machine.Fork(machine.Spec with { Serial0 = other, HashAt = 3_000 });
        Assert.Equal(machine.ComputeStateHash(), child.ComputeStateHash());
        Assert.Equal(MachineExitKind.HashReached, child.Run().Kind);
        Assert.True(other.Text.Count(code => code == '\u001E') >= 10, Show(other));
    }

    [Fact]
    public void A_machine_without_display_has_no_mouse()
    {
        using VirtualMachine machine = new(Spec() with { HasDisplay = false, Script = Script("x") });
        machine.Input.Pointer(1, 1, 0, PointerButtons.None);
        Assert.False(machine.Hardware.Keyboard.HasMouse);
        Assert.Equal(MachineExitKind.GuestExit, machine.Run().Kind);
    }

    [Fact]
    public void A_replayed_machine_takes_nothing_from_people()
    {
        using MemoryStream log = new();
        string hash;
        using (VirtualMachine machine = new(Spec() with { Script = Script("x"), RecordTo = log }))
        {
            machine.Run();
            hash = machine.ComputeStateHash();
        }

        using VirtualMachine replayed = new(Spec() with { ReplayFrom = new MemoryStream(log.ToArray()) });
        replayed.Input.Key(new KeyCode(0x1E), isDown: true);
        replayed.Input.Pointer(1, 1, 1, PointerButtons.Left);
        Assert.Equal(MachineExitKind.GuestExit, replayed.Run().Kind);
        Assert.Equal(hash, replayed.Replayed?.Hash);
    }

    [Theory]
    [InlineData(InputPort.Keyboard, 3)]
    [InlineData(InputPort.Pointer, 5)]
    public void Scripted_records_must_be_whole(int port, int length) =>
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec() with { Script = [new ScriptedInput(1, port, new byte[length])] }));

    internal static MachineSpec Spec() => new() { MemoryBytes = 8 << 20, Kernel = s_image, Deterministic = true, HasDisplay = true, MaxTime = s_patience };

    private static void Replay(byte[] log, string hash, string said)
    {
        using MemoryCharacter serial = new();
        using VirtualMachine replayed = new(Spec() with { ReplayFrom = new MemoryStream(log), Serial0 = serial });
        MachineExit exit = replayed.Run();
        Assert.True(exit == new MachineExit(MachineExitKind.GuestExit, 42), exit.Report);
        Assert.Equal(hash, replayed.Replayed?.Hash);
        Assert.Equal(said, Show(serial));
    }

    private static ScriptedInput[] Script(string text)
    {
        Assert.True(KeyTyping.TryType(text + "\u001B", out IReadOnlyList<KeyEvent> events, out _));
        return [ScriptedInput.Keys(50_000, events), ScriptedInput.Pointer(60_000, PointerRecord.Of(1, 2, 0, PointerButtons.Right))];
    }

    private static void Type(IInputSink to, string text)
    {
        Assert.True(KeyTyping.TryType(text, out IReadOnlyList<KeyEvent> events, out _));
        foreach (KeyEvent one in events)
        {
            to.Key(one.Key, one.IsDown);
        }
    }

    private static void End(IInputSink to) => Type(to, "\u001B");

    private static string Show(MemoryCharacter serial) => string.Join(' ', serial.Text.Select(code => $"{(int)code:X2}"));
}
