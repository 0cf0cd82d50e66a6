// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What governs leases that are matched from now on.
struct Parameters {
    uint32 submitSeconds; // 1 s to 30 days
    uint32 maturitySeconds; // 0 (paid at once) to 30 days
    uint32 rulingSeconds; // 1 s to 60 days; 14 days by default
    uint16 feeBps; // at most 100
    uint16 sliceBps; // stake slice = two maturity buckets at the full rate * sliceBps / 10,000; any
    uint16 penaltyBps; // of the slice; at most 10,000
}

/// @notice Fixed sums, in a token's smallest units.
struct TokenParameters {
    uint80 disputeBond;
    uint80 arbiterFee; // at most disputeBond: it can come out of that
    uint80 bounty;
}

/// @title The numbers that governance sets and each lease keeps a copy of; and the pause of opening.
/// @dev The governor is a timelock (OpenZeppelin TimelockController, seven days on a live chain). The guardian can pause
/// opening, and nothing else: settling, closing, disputing and withdrawing read nothing here.
interface IParameters {
    event ParametersSet(Parameters parameters);
    event TokenParametersSet(address indexed token, TokenParameters parameters);
    event OpeningPaused(address indexed by);
    event OpeningResumed(address indexed by);
    event GuardianSet(address indexed guardian);

    error NotGovernor(address caller);
    error NotGuardian(address caller);
    error ParameterOutOfRange(string field, uint256 value, uint256 min, uint256 max);
    error AddressZero(string field);

    /// @notice Governor only. Leases that are open keep what they were matched with.
    function set(Parameters calldata parameters) external;
    /// @notice Governor only.
    function setToken(address token, TokenParameters calldata parameters) external;
    /// @notice Governor only.
    function setGuardian(address guardian) external;
    /// @notice Guardian or governor: no new leases, posts or bids until resumed.
    function pauseOpening() external;
    /// @notice Governor or guardian.
    function resumeOpening() external;

    function governor() external view returns (address);
    function guardian() external view returns (address);
    function openingPaused() external view returns (bool);
    function parameters() external view returns (Parameters memory);
    function tokenParameters(address token) external view returns (TokenParameters memory);
    /// @notice All that a match needs, in one read.
    function snapshot(address token) external view returns (bool paused, Parameters memory, TokenParameters memory);
}
