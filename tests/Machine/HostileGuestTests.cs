using System;
using System.Threading.Tasks;

namespace Doppel.Machine.Tests;

/// <summary>Guests that try to keep the machine's thread for themselves: a stop must reach the machine all the same.</summary>
public sealed class HostileGuestTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Names of the guests below.</summary>
    public static TheoryData<string, int, bool> Guests
    {
        get
        {
            TheoryData<string, int, bool> all = [];
            foreach (string name in new[] { "timer storm", "long repeat", "reset storm", "interrupts off and halted", "power management storm", "pause storm", "ipi storm" })
            {
                foreach (int cpus in new[] { 1, 3 })
                {
                    all.Add(name, cpus, false);
                    all.Add(name, cpus, true);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public async Task A_stop_reaches_a_guest_that_does_its_worst(string name, int cpus, bool deterministic)
    {
        using VirtualMachine machine = new(new MachineSpec { Kernel = Worst(name), MemoryBytes = 4 << 20, Cpus = cpus, Deterministic = deterministic });
        Task<MachineExit> run = Task.Run(() => machine.Run(), TestContext.Current.CancellationToken);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        machine.RequestStop();
        MachineExit exit = await run.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.True(exit.Kind == MachineExitKind.Stopped, exit.ToString());
        Assert.True(machine.RetiredInstructions > 1, "nothing ran");
    }

    private static byte[] Worst(string name) => name switch
    {
        // Every clock at its shortest period; the handlers have hardly time for one instruction of the program.
        "timer storm" => InterruptGuest.Image(2, 1),

        // l: mov edi, 0x200000; mov ecx, -1; rep stosb (over RAM, holes and device registers); jmp l
        "long repeat" => TinyGuest.Image([0xFC, 0xBF, 0, 0, 0x20, 0, 0xB9, 0xFF, 0xFF, 0xFF, 0xFF, 0xF3, 0xAA, 0xEB, 0xF2]),
        "reset storm" => TinyGuest.Image(TinyGuest.Out(0x64, 0xFE), [0xEB, 0xFE]),
        "pause storm" => TinyGuest.Image([0xF3, 0x90, 0xEB, 0xFC]),

        // l: mov dword [0xFEE00300], INIT to all others; the same with start-up at 0; jmp l
        "ipi storm" => TinyGuest.Image([0xC7, 0x05, 0x00, 0x03, 0xE0, 0xFE, 0x00, 0x45, 0x0C, 0x00, 0xC7, 0x05, 0x00, 0x03, 0xE0, 0xFE, 0x00, 0x46, 0x0C, 0x00, 0xEB, 0xEA]),
        "interrupts off and halted" => TinyGuest.Image([0xFA, 0xF4, 0xEB, 0xFD]),

        // l: mov dx, 0x602; mov ax, 1; out dx, ax (timer event on); xor ax, ax; out dx, ax; jmp l
        _ => TinyGuest.Image([0x66, 0xBA, 2, 6, 0x66, 0xB8, 1, 0, 0x66, 0xEF, 0x66, 0x31, 0xC0, 0x66, 0xEF, 0xEB, 0xF3]),
    };
}
