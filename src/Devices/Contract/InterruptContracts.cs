namespace Doppel.Devices;

/// <summary>A chip with interrupt inputs and no acknowledge cycle of its own (I/O APIC).</summary>
public interface IInterruptInputs : IDevice
{
    /// <summary>Number of input pins.</summary>
    int InputCount { get; }

    /// <summary>Drives input <paramref name="pin"/> (0 to <see cref="InputCount"/> - 1). Called by the board's router only.</summary>
    void SetInput(int pin, bool high);
}

/// <summary>The pins of a processor, besides INTR, that a local APIC drives. Calls take effect at the next instruction boundary.</summary>
public interface IProcessorPins
{
    /// <summary>Latches a non-maskable interrupt.</summary>
    void RaiseNmi();

    /// <summary>INIT: the processor returns to its reset state; an application processor then waits for <see cref="Startup"/>.</summary>
    void Init();

    /// <summary>Start-up IPI: a processor that waits for it begins in real mode at <paramref name="vector"/> * 4096.</summary>
    void Startup(byte vector);
}

/// <summary>
/// The local APIC of one processor, as the board sees it. Its inputs are LINT0 (pin 0) and LINT1 (pin 1);
/// <see cref="IInterruptController.TryAcknowledge"/> includes what LINT0 passes on from the 8259 pair as ExtINT.
/// </summary>
public interface ILocalApic : IInterruptController
{
    /// <summary>Bits 7:4 of the task priority register, as CR8 shows them (0 to 15).</summary>
    byte TaskPriority { get; set; }

    /// <summary>Connects the other pins of its processor; called once by the board.</summary>
    void SetProcessor(IProcessorPins pins);

    /// <summary>Connects the 8259 pair whose INTR the board wires to LINT0: it is asked for the vector of an ExtINT.</summary>
    void SetExternalController(IInterruptController pic);

    /// <summary>INIT as this APIC sees it: registers return to reset values, APIC ID and base stay (Intel SDM vol. 3A 11.4.7.3).</summary>
    void Init();

    /// <summary>Reads IA32_APIC_BASE, IA32_TSC_DEADLINE or an x2APIC register. False: not of this APIC, or #GP.</summary>
    bool TryReadMsr(uint msr, out ulong value);

    /// <summary>Writes such a register; IA32_TSC_DEADLINE counts board ticks (the processor takes its own offset off first). False: #GP.</summary>
    bool TryWriteMsr(uint msr, ulong value);
}
