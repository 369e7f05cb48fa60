using Doppel.Primitives;

namespace Doppel.Devices;

/// <summary>What kind of reset a device sees.</summary>
public enum ResetKind
{
    /// <summary>Power was switched on: everything takes its power-on value.</summary>
    PowerOn = 0,

    /// <summary>The reset line was pulled (port 0x64, 0x92, 0xCF9, triple fault): what a battery or latch keeps stays.</summary>
    Hard = 1,
}

/// <summary>
/// A chip or card. The board calls it on one thread at a time (register access, timer, line change), so device code takes no locks,
/// starts no threads, and reads no host clock, file or random source: all it may touch comes from its slot or constructor.
/// </summary>
public interface IDevice
{
    /// <summary>Unique name in the machine, for example "pit" or "uart0"; also the name of its saved record.</summary>
    string Name { get; }

    /// <summary>Claims ports, memory, lines and timers; called once, before anything else.</summary>
    void Connect(IDeviceSlot slot);

    /// <summary>Puts the chip into its reset state, timers and output lines included.</summary>
    void Reset(ResetKind kind);

    /// <summary>Writes the whole state as one versioned record named <see cref="Name"/>.</summary>
    void Save(IStateWriter to);

    /// <summary>Reads what <see cref="Save"/> wrote and re-drives output lines and timers; throws <see cref="StateFormatException"/> on values that cannot be.</summary>
    void Restore(IStateReader from);
}

/// <summary>One claimed range of ports or memory, seen as offsets from its start: a device never learns its address.</summary>
public interface IRegisterBlock
{
    /// <summary>Reads a register. False: no such register; the bus then answers all ones, counts and logs.</summary>
    bool TryRead(uint offset, AccessSize size, out ulong value);

    /// <summary>Writes a register; <paramref name="value"/> has only <paramref name="size"/> bytes. False: no such register; the bus ignores, counts and logs.</summary>
    bool TryWrite(uint offset, AccessSize size, ulong value);

    /// <summary>
    /// Reads one register many times in a row (REP INS): whole elements of <paramref name="size"/> into the start of <paramref name="to"/>. Only reads that do nothing
    /// but hand over the next data are done here: whatever starts something (the last word of a sector) is left to <see cref="TryRead"/>, so that
    /// it happens at its own counted instruction. Returns the number of elements; 0 sends the reader to <see cref="TryRead"/>.
    /// </summary>
    int ReadMany(uint offset, AccessSize size, System.Span<byte> to) => 0;

    /// <summary>Writes one register many times in a row (REP OUTS): as <see cref="ReadMany"/>, for <see cref="TryWrite"/>.</summary>
    int WriteMany(uint offset, AccessSize size, System.ReadOnlySpan<byte> from) => 0;
}

/// <summary>Everything a device may touch. Valid from <see cref="IDevice.Connect"/> until the machine is disposed.</summary>
public interface IDeviceSlot
{
    /// <summary>
    /// Claims <paramref name="count"/> ports from <paramref name="first"/>. The bus cuts accesses so that the block sees none
    /// wider than <paramref name="widest"/> and none that leaves the range.
    /// </summary>
    void ClaimPorts(string region, ushort first, ushort count, IRegisterBlock block, AccessSize widest = AccessSize.Byte);

    /// <summary>Claims <paramref name="lengthBytes"/> of memory-mapped registers; they answer only once mapped.</summary>
    IMmioClaim ClaimMmio(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword);

    /// <summary>
    /// A window through which the guest reaches memory of the card like its own RAM, at the speed of RAM. It hides RAM, ROM and registers.
    /// Throws <see cref="System.NotSupportedException"/> in a slot that has none.
    /// </summary>
    IRamWindow ClaimRamWindow(string region, Doppel.Memory.GuestRam ram) => throw new System.NotSupportedException("this slot has no memory windows");

    /// <summary>
    /// Claims the first <paramref name="lengthBytes"/> of <paramref name="rom"/> as memory to be read, whose writes go to <paramref name="block"/> (flash);
    /// it answers only once mapped.
    /// </summary>
    IRomClaim ClaimRom(string region, Memory.GuestRam rom, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword) =>
        throw new System.NotSupportedException("this slot has no room for ROM");

    /// <summary>
    /// One share of interrupt line <paramref name="irq"/>; several devices may hold shares, the router counts them. 0 to 15 are the ISA lines
    /// (8259 pair and I/O APIC), 16 to 23 reach the I/O APIC alone.
    /// </summary>
    IInterruptLine Line(int irq);

    /// <summary>The device's way to guest RAM.</summary>
    IDmaPort Dma { get; }

    /// <summary>Decoding of ranges that the guest moves. Throws <see cref="System.NotSupportedException"/> in a slot without an expansion bus.</summary>
    IExpansionWindow Expansion => throw new System.NotSupportedException("this slot has no expansion bus");

    /// <summary>Guest time.</summary>
    IGuestClock Clock { get; }

    /// <summary>Signals that leave the device for the board: reset, power-off, A20, exit.</summary>
    IBoardControl Board { get; }
}

/// <summary>A memory-mapped register range that can be moved (a BAR, a local APIC).</summary>
public interface IMmioClaim
{
    /// <summary>Makes the range answer at <paramref name="at"/>; moves it if it was mapped elsewhere.</summary>
    void Map(Gpa at);

    /// <summary>Makes the range disappear.</summary>
    void Unmap();
}

/// <summary>A window onto memory of a card that opens, closes and shows other parts as the card's registers say (VGA).</summary>
public interface IRamWindow
{
    /// <summary>
    /// Shows <paramref name="lengthBytes"/> bytes of the memory from <paramref name="offset"/> at <paramref name="at"/>, and nothing elsewhere; what lies outside
    /// the memory throws <see cref="System.ArgumentOutOfRangeException"/>. Showing what is shown already costs nothing.
    /// </summary>
    void Show(Gpa at, long offset, ulong lengthBytes);

    /// <summary>Closes the window.</summary>
    void Hide();
}

/// <summary>A range of memory whose writes go to registers.</summary>
public interface IRomClaim : IMmioClaim
{
    /// <summary>Whether reads go to the registers too, instead of the memory.</summary>
    void ShowRegisters(bool shown);
}

/// <summary>A level-triggered wire to an interrupt controller or another chip.</summary>
public interface IInterruptLine
{
    /// <summary>Drives the wire; setting the level it already has does nothing.</summary>
    void Set(bool high);
}

/// <summary>Bus-master access to guest memory. Never throws for guest-supplied addresses.</summary>
public interface IDmaPort
{
    /// <summary>Reads guest memory; holes read as all ones. False: bus mastering is off, nothing was read.</summary>
    bool TryRead(Gpa from, System.Span<byte> to);

    /// <summary>Writes guest memory; writes to holes and ROM vanish. False: bus mastering is off, nothing was written.</summary>
    bool TryWrite(Gpa to, System.ReadOnlySpan<byte> from);
}

/// <summary>Guest time and timers in it.</summary>
public interface IGuestClock
{
    /// <summary>The present instant; never goes back.</summary>
    GuestTime Now { get; }

    /// <summary>Calendar time at <see cref="GuestTime.Zero"/>, UTC, in nanoseconds since 1970-01-01: fixed when the machine is made.</summary>
    long EpochNanoseconds { get; }

    /// <summary>Makes a timer; <paramref name="fired"/> runs on the machine's thread at an instruction boundary. Names are unique in a machine.</summary>
    ITimer NewTimer(string name, System.Action fired);
}

/// <summary>A one-shot timer in guest time. Its due time is part of the owning device's saved state.</summary>
public interface ITimer
{
    /// <summary>Instant at which it fires, or <see cref="GuestTime.Never"/>.</summary>
    GuestTime Due { get; }

    /// <summary>Fires once at <paramref name="due"/> (as soon as possible if that has passed); replaces an earlier setting.</summary>
    void Arm(GuestTime due);

    /// <summary>Does not fire any more.</summary>
    void Cancel();
}

/// <summary>What chips may ask of the board besides interrupts. All requests take effect after the current instruction.</summary>
public interface IBoardControl
{
    /// <summary>Pulls the reset line of the whole machine.</summary>
    void RequestReset();

    /// <summary>Switches the machine off (ACPI S5).</summary>
    void RequestPowerOff();

    /// <summary>Ends the machine with a guest-chosen byte (isa-debug-exit).</summary>
    void RequestExit(byte code);

    /// <summary>Raises a system-management interrupt at the boot processor. Effective at the next instruction boundary.</summary>
    void RequestSystemManagement()
    {
    }

    /// <summary>Opens (true) or masks address line 20 of the CPU.</summary>
    void SetA20(A20Source source, bool enabled);
}

/// <summary>Who drives the A20 gate; the line is open when any source opens it.</summary>
public enum A20Source
{
    /// <summary>Keyboard controller output port.</summary>
    KeyboardController = 0,

    /// <summary>Port 0x92 fast gate.</summary>
    FastGate = 1,
}

/// <summary>
/// An interrupt controller that feeds a CPU (8259 pair, local APIC). <see cref="SetOutput"/> is called once by the board.
/// </summary>
public interface IInterruptController : IDevice
{
    /// <summary>Number of input pins.</summary>
    int InputCount { get; }

    /// <summary>Drives input <paramref name="pin"/> (0 to <see cref="InputCount"/> - 1). Called by the board's router only.</summary>
    void SetInput(int pin, bool high);

    /// <summary>Connects the INTR output.</summary>
    void SetOutput(IInterruptLine intr);

    /// <summary>Interrupt acknowledge cycle. False: nothing pending (the caller runs no interrupt).</summary>
    bool TryAcknowledge(out byte vector);
}
