using System;
using System.IO;
using System.Threading;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;
using static Doppel.Machine.Tests.Smp.SmpGuest;

namespace Doppel.Machine.Tests.Smp;

/// <summary>Several processors in one machine: they work together, and every run is the same however it is cut into pieces.</summary>
public sealed class SmpRunTests
{
    private const ulong End = 600_000;

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(8, true)]
    [InlineData(2, false)]
    [InlineData(8, false)]
    public void Processors_work_together(int processors, bool deterministic)
    {
        const uint Rounds = 1500;
        using VirtualMachine machine = new(new MachineSpec
        {
            Kernel = Image(processors, Rounds, 20_011),
            MemoryBytes = 4 << 20,
            Cpus = processors,
            Deterministic = deterministic,
            MaxTime = TimeSpan.FromSeconds(60),
        });
        MachineExit exit = machine.Run();
        Assert.True(exit == new MachineExit(MachineExitKind.GuestExit, 0), $"{exit} {exit.Report}: {Counts(machine)}");
        Assert.Equal((uint)processors, Read(machine, Counter.Alive));
        Assert.InRange(Read(machine, Counter.Ipis), 1u, Read(machine, Counter.Sent));
        Assert.True(Read(machine, Counter.Ticks) > 3, Counts(machine));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(7)]
    public void Every_run_is_the_same_however_it_is_cut(int processors)
    {
        byte[] image = Image(processors, 100_000, 7_001);
        string expected = HashAt(image, processors, End);
        Assert.Equal(expected, HashAt(image, processors, End));

        Random random = new(processors);
        using VirtualMachine cut = new(Spec(image, processors, End));
        while (cut.RetiredInstructions < End - 5000)
        {
            cut.StopAt = cut.RetiredInstructions + (ulong)random.Next(1, 5000);
            Assert.Equal(MachineExitKind.InstructionReached, cut.Run().Kind);
        }

        cut.StopAt = null;
        Assert.Equal(expected, cut.Run().Report);
    }

    [Fact]
    public void Calls_from_other_threads_leave_no_trace()
    {
        byte[] image = Image(4, 100_000, 7_001);
        string expected = HashAt(image, 4, End);
        using VirtualMachine machine = new(Spec(image, 4, End));
        bool isOver = false;
        Thread other = new(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                machine.Post(_ => { });
                Thread.SpinWait(2000);
            }
        });
        other.Start();
        MachineExit exit = machine.Run();
        Volatile.Write(ref isOver, true);
        other.Join();
        Assert.Equal(expected, exit.Report);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void What_is_typed_while_all_work_comes_again_at_the_same_instant(int cpus)
    {
        byte[] image = Image(cpus, 100_000, 7_001);
        MachineSpec spec = Spec(image, cpus, 2_000_000);
        for (int round = 0; round < 3; round++)
        {
            using MemoryStream log = new();
            string recorded;
            using (VirtualMachine machine = new(spec with { RecordTo = log }))
            {
                bool isOver = false;
                Thread typist = new(() =>
                {
                    Random random = new(round);
                    for (byte key = 1; !Volatile.Read(ref isOver); key++)
                    {
                        _ = machine.PostSerialInput(0, [key]);
                        Thread.SpinWait(random.Next(20_000));
                    }
                });
                typist.Start();
                recorded = machine.Run().Report;
                Volatile.Write(ref isOver, true);
                typist.Join();
                Assert.True(Read(machine, Counter.Typed) > 0, "nothing was typed");
            }

            using VirtualMachine replayed = new(spec with { HashAt = null, ReplayFrom = new MemoryStream(log.ToArray()) });
            MachineExit exit = replayed.Run();
            Assert.True(exit == new MachineExit(MachineExitKind.HashReached, 0, recorded), exit.Report);
        }
    }

    [Fact]
    public void A_machine_restored_at_any_instant_goes_on_as_if_never_stopped()
    {
        byte[] image = Image(4, 100_000, 7_001);
        string expected = HashAt(image, 4, End);
        Random random = new(4);
        for (int round = 0; round < 12; round++)
        {
            ulong instant = (ulong)random.Next(1, (int)End);
            byte[] saved;
            using (VirtualMachine machine = new(Spec(image, 4, instant)))
            {
                Assert.Equal(MachineExitKind.HashReached, machine.Run().Kind);
                saved = Save(machine);
            }

            using VirtualMachine restored = new(Spec(image, 4, End));
            restored.Restore(new BinaryStateReader(saved));
            Assert.Equal(instant, restored.RetiredInstructions);
            Assert.Equal(saved, Save(restored));
            MachineExit exit = restored.Run();
            Assert.True(expected == exit.Report, $"saved at {instant}: {exit}");
        }
    }

    [Fact]
    public void A_fork_and_a_snapshot_file_go_on_as_their_parent_does()
    {
        byte[] image = Image(3, 100_000, 7_001);
        string expected = HashAt(image, 3, End);
        string path = Path.Combine(Path.GetTempPath(), Guid.NewGuid() + ".snapshot");
        try
        {
            using VirtualMachine parent = new(Spec(image, 3, End));
            parent.StopAt = 123_456;
            Assert.Equal(MachineExitKind.InstructionReached, parent.Run().Kind);
            parent.SaveSnapshot(path);
            using VirtualMachine child = parent.Fork(parent.Spec);
            Assert.Equal(expected, child.Run().Report);
            Assert.Equal(expected, parent.Run().Report);
            using SnapshotFile file = SnapshotFile.Open(path);
            Assert.Equal(3, file.Spec.Cpus);
            using VirtualMachine restored = new(file, file.Spec with { HashAt = End });
            Assert.Equal(expected, restored.Run().Report);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_triple_fault_names_its_processor()
    {
        // The start-up code of the others: lidt [cs:8F10], which is all zeros, and int3 in protected mode's stead; real mode has no limits to fault on twice.
        byte[] crash = [0x2E, 0x0F, 0x01, 0x1E, 0x20, 0x00, 0xCC, 0xF4];
        byte[] code = TinyGuest.Image([.. Stores(0x8000, crash), .. Stores(0x8020, new byte[8]), .. Command(0xC_4500), .. Command(0xC_4608), 0xF3, 0x90, 0xEB, 0xFC]);
        using VirtualMachine machine = new(new MachineSpec { Kernel = code, MemoryBytes = 4 << 20, Cpus = 2, Deterministic = true, MaxTime = TimeSpan.FromSeconds(30) });
        MachineExit exit = machine.Run();
        Assert.Equal(MachineExitKind.Crash, exit.Kind);
        Assert.Contains("processor 1 of 2", exit.Report, StringComparison.Ordinal);
    }

    // Whatever is written to the command register of each APIC: Doppel does not fail, and the same happens again.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Random_commands_to_the_apic_end_the_same_each_time(int seed)
    {
        // l: imul ebx, ebx, 1103515245; add ebx, 12345; mov eax, ebx; shr eax, 4; and eax, 0xC0D7F; or eax, 8; mov [0xFEE00300], eax; jmp l
        byte[] storm =
        [
            0xBB, (byte)seed, 0, 0, 0, 0x69, 0xDB, 0x6D, 0x4E, 0xC6, 0x41, 0x81, 0xC3, 0x39, 0x30, 0x00, 0x00, 0x89, 0xD8, 0xC1, 0xE8, 0x04,
            0x25, 0x7F, 0x0D, 0x0C, 0x00, 0x83, 0xC8, 0x08, 0xA3, 0x00, 0x03, 0xE0, 0xFE, 0xEB, 0xE0,
        ];
        byte[] image = TinyGuest.Image(storm);
        string[] ends = new string[2];
        for (int run = 0; run < ends.Length; run++)
        {
            using VirtualMachine machine = new(Spec(image, 4, 200_000));
            MachineExit exit = machine.Run();
            Assert.DoesNotContain("Doppel itself failed", exit.Report, StringComparison.Ordinal);
            Assert.True(machine.RetiredInstructions > 5);
            ends[run] = $"{exit.Kind} {exit.Report} {machine.RetiredInstructions} {machine.ComputeStateHash()}";
        }

        Assert.Equal(ends[0], ends[1]);
    }

    [Fact]
    public void A_saved_state_with_impossible_turns_is_refused()
    {
        byte[] image = Image(3, 100_000, 7_001);
        using VirtualMachine machine = new(Spec(image, 3, 50_000));
        _ = machine.Run();
        byte[] saved = Save(machine);
        foreach ((string field, ulong value) in new[] { ("current", 3UL), ("used", 5_001UL), ("sharing", 4UL), ("fraction", 840UL) })
        {
            using VirtualMachine other = new(Spec(image, 3, End));
            StateFormatException refused = Assert.Throws<StateFormatException>(() => other.Restore(new OneFieldChanged(new BinaryStateReader(saved), field, value)));
            Assert.Contains(field, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Processors_that_nobody_starts_cost_nothing()
    {
        byte[] image = InterruptGuest.Image(60, 7_001);
        using VirtualMachine one = new(Spec(image, 1, 300_000));
        using VirtualMachine eight = new(Spec(image, 8, 300_000));
        Assert.Equal(MachineExitKind.HashReached, one.Run().Kind);
        Assert.Equal(MachineExitKind.HashReached, eight.Run().Kind);
        Assert.Equal(one.Now, eight.Now);
        Assert.Equal(one.RetiredInstructions, eight.Hardware.Cpus.Boot.RetiredInstructions);
    }

    [Theory]
    [InlineData(0, "x86-64-v2")]
    [InlineData(9, "x86-64-v2")]
    [InlineData(2, "486")]
    public void What_cannot_be_is_refused(int cpus, string model) =>
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(new MachineSpec { Kernel = TinyGuest.Image(TinyGuest.Exit(0)), MemoryBytes = 4 << 20, Cpus = cpus, CpuModel = model }));

    // mov byte [at + i], value
    private static byte[] Stores(uint at, byte[] bytes)
    {
        byte[] code = new byte[bytes.Length * 7];
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] one = [0xC6, 0x05, 0, 0, 0, 0, bytes[i]];
            BitConverter.TryWriteBytes(one.AsSpan(2), at + (uint)i);
            one.CopyTo(code, i * 7);
        }

        return code;
    }

    // mov dword [FEE00300], command
    private static byte[] Command(uint command) => [0xC7, 0x05, 0x00, 0x03, 0xE0, 0xFE, (byte)command, (byte)(command >> 8), (byte)(command >> 16), (byte)(command >> 24)];

    private static byte[] Save(VirtualMachine machine)
    {
        using MemoryStream stream = new();
        BinaryStateWriter writer = new(stream);
        machine.Save(writer);
        _ = writer.Finish();
        return stream.ToArray();
    }

    private static string HashAt(byte[] image, int cpus, ulong count)
    {
        using VirtualMachine machine = new(Spec(image, cpus, count));
        MachineExit exit = machine.Run();
        Assert.True(exit.Kind == MachineExitKind.HashReached, exit.Report);
        return exit.Report;
    }

    private static string Counts(VirtualMachine machine) => string.Join(", ", Array.ConvertAll(Enum.GetValues<Counter>(), counter => $"{counter} {Read(machine, counter)}"));

    private static MachineSpec Spec(byte[] image, int cpus, ulong hashAt) =>
        new() { Kernel = image, MemoryBytes = 4 << 20, Cpus = cpus, Deterministic = true, HashAt = hashAt, MaxTime = TimeSpan.FromSeconds(60) };

    // Shows another number in one field of the record of turns, with the bounds that its reader asks for.
    private sealed class OneFieldChanged(IStateReader inner, string field, ulong value) : IStateReader
    {
        private bool _isInTurns;

        public int Begin(string record, int newest)
        {
            _isInTurns = record == "turns";
            return inner.Begin(record, newest);
        }

        public void End() => inner.End();

        public ulong ReadUnsigned(string name, ulong most = ulong.MaxValue)
        {
            ulong read = inner.ReadUnsigned(name, most);
            return !_isInTurns || name != field ? read : value <= most ? value : throw new StateFormatException(field + " is above " + most);
        }

        public long ReadSigned(string name, long least = long.MinValue, long most = long.MaxValue) => inner.ReadSigned(name, least, most);

        public bool ReadBool(string name) => inner.ReadBool(name);

        public void ReadBytes(string name, Span<byte> to) => inner.ReadBytes(name, to);

        public byte[] ReadBytes(string name, int most) => inner.ReadBytes(name, most);
    }
}
