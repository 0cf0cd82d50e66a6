// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IParameters, Parameters, TokenParameters} from "../src/interfaces/IParameters.sol";
import {IVault} from "../src/interfaces/IVault.sol";
import {Vm} from "../test/utils/Vm.sol";

/// @title Deploys the contracts in the one order that works and notes where they are in deployments/<chain id>.json.
/// @dev Environment, beside what _config reads below:
/// GOVERNOR (default: the sender) governs through an OpenZeppelin TimelockController of TIMELOCK_SECONDS (default seven days; on
/// chain 31337 zero: none, GOVERNOR itself). GUARDIAN and TREASURY default to GOVERNOR.
/// TOKEN is allowed in the Vault and gets its parameters; default on chain 31337: a new TestToken; elsewhere: none.
/// PERMIT2 defaults to Uniswap's address where it has code; on chain 31337 else a TestPermit2.
contract Deploy {
    using SafeCast for uint256;

    struct Config {
        address governor;
        address guardian;
        address treasury;
        address token; // zero: none yet
        address permit2; // zero: none
        uint256 timelockSeconds; // zero: no timelock
        uint40 unbondingSeconds;
        Parameters parameters;
        TokenParameters tokenParameters;
    }

    /// @dev What stands where, in the order of creation; the timelock may be none.
    struct Deployment {
        address timelock;
        address vault;
        address parameters;
        address registry;
        address apps;
        address leaseManager;
        address market;
        address disputes;
        address results;
        address lens;
    }

    error UnbondingTooShort(uint256 unbondingSeconds, uint256 needsMoreThan);
    error AddressWrong(address created, address predicted);

    // The name under which everybody knows the cheat codes.
    // solhint-disable-next-line const-name-snakecase
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address private constant UNISWAP_PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    uint256 private constant LOCAL_CHAIN = 31337;

    function run() external {
        Config memory c = _config(msg.sender);
        vm.startBroadcast();
        if (block.chainid == LOCAL_CHAIN) {
            if (c.permit2 == address(0)) c.permit2 = _create("TestPermit2.sol:TestPermit2", "");
            if (c.token == address(0)) c.token = _create("TestToken.sol:TestToken", "");
        }
        Deployment memory d = _deploy(c, msg.sender);
        vm.stopBroadcast();
        _write(c, d);
    }

    function _config(address sender) internal view returns (Config memory c) {
        bool local = block.chainid == LOCAL_CHAIN;
        c.governor = vm.envOr("GOVERNOR", sender);
        c.guardian = vm.envOr("GUARDIAN", c.governor);
        c.treasury = vm.envOr("TREASURY", c.governor);
        c.token = vm.envOr("TOKEN", address(0));
        c.permit2 = vm.envOr("PERMIT2", UNISWAP_PERMIT2.code.length == 0 ? address(0) : UNISWAP_PERMIT2);
        c.timelockSeconds = vm.envOr("TIMELOCK_SECONDS", local ? 0 : uint256(7 days));
        c.unbondingSeconds = vm.envOr("UNBONDING_SECONDS", uint256(30 days)).toUint40();
        c.parameters = Parameters(
            vm.envOr("SUBMIT_SECONDS", uint256(1 hours)).toUint32(),
            vm.envOr("MATURITY_SECONDS", uint256(1 days)).toUint32(),
            vm.envOr("RULING_SECONDS", uint256(14 days)).toUint32(),
            vm.envOr("FEE_BPS", uint256(50)).toUint16(),
            vm.envOr("SLICE_BPS", uint256(10_000)).toUint16(),
            vm.envOr("PENALTY_BPS", uint256(1_000)).toUint16()
        );
        // Smallest units of TOKEN; the defaults are for six decimals.
        c.tokenParameters = TokenParameters(
            vm.envOr("DISPUTE_BOND", uint256(10e6)).toUint80(),
            vm.envOr("ARBITER_FEE", uint256(2e6)).toUint80(),
            vm.envOr("BOUNTY", uint256(10_000)).toUint80()
        );
    }

    /// @param deployer whose nonce counts: who sends the transactions
    function _deploy(Config memory c, address deployer) internal returns (Deployment memory d) {
        uint256 least = 2 * uint256(c.parameters.maturitySeconds) + c.parameters.rulingSeconds;
        if (c.unbondingSeconds <= least) revert UnbondingTooShort(c.unbondingSeconds, least);

        address governor = c.governor;
        if (c.timelockSeconds != 0) governor = d.timelock = _timelock(c.governor, deployer);
        Deployment memory p = _predict(deployer);
        address[] memory managers = new address[](4);
        (managers[0], managers[1], managers[2], managers[3]) = (p.leaseManager, p.registry, p.disputes, p.results);
        address[] memory judges = new address[](2);
        (judges[0], judges[1]) = (p.disputes, p.results);

        d.vault = _create("Vault.sol:Vault", abi.encode(governor, managers, c.permit2));
        d.parameters = _create("Parameters.sol:Parameters", abi.encode(governor, c.guardian, c.parameters));
        d.registry = _create(
            "DatacenterRegistry.sol:DatacenterRegistry", abi.encode(d.vault, p.leaseManager, c.unbondingSeconds)
        );
        d.apps = _create("AppRegistry.sol:AppRegistry", "");
        d.leaseManager = _create(
            "LeaseManager.sol:LeaseManager", abi.encode(d.vault, d.registry, p.market, judges, c.treasury)
        );
        d.market = _create("Market.sol:Market", abi.encode(d.leaseManager, d.registry, d.apps, d.parameters));
        d.disputes = _create("DisputeManager.sol:DisputeManager", abi.encode(d.leaseManager));
        d.results = _create("ResultBoard.sol:ResultBoard", abi.encode(d.leaseManager));
        d.lens = _create("Lens.sol:Lens", abi.encode(d.leaseManager, d.registry));
        // The last one where it was meant to be: so are all before it.
        if (d.lens != p.lens) revert AddressWrong(d.lens, p.lens);

        if (d.timelock != address(0)) _handOver(c, d, deployer);
        else if (governor == deployer && c.token != address(0)) _allow(c, d);
    }

    /// @dev Contracts name each other: where they will be follows from the deployer and its nonce.
    function _predict(address deployer) private view returns (Deployment memory p) {
        uint256 n = vm.getNonce(deployer);
        p.registry = vm.computeCreateAddress(deployer, n + 2);
        p.leaseManager = vm.computeCreateAddress(deployer, n + 4);
        p.market = vm.computeCreateAddress(deployer, n + 5);
        p.disputes = vm.computeCreateAddress(deployer, n + 6);
        p.results = vm.computeCreateAddress(deployer, n + 7);
        p.lens = vm.computeCreateAddress(deployer, n + 8);
    }

    function _allow(Config memory c, Deployment memory d) private {
        IVault(d.vault).allowToken(c.token);
        IParameters(d.parameters).setToken(c.token, c.tokenParameters);
    }

    /// @dev Without delay as yet, so that what belongs to the deployment need not wait; anyone may execute what is due.
    function _timelock(address governor, address deployer) private returns (address) {
        address[] memory proposers = new address[](governor == deployer ? 1 : 2);
        proposers[0] = governor;
        if (governor != deployer) proposers[1] = deployer;
        address[] memory executors = new address[](1); // zero: anyone
        return address(new TimelockController(0, proposers, executors, address(0)));
    }

    /// @dev One batch through the timelock itself: the token, the delay, and the deployer's rights end.
    function _handOver(Config memory c, Deployment memory d, address deployer) private {
        TimelockController timelock = TimelockController(payable(d.timelock));
        uint256 tokenCalls = c.token == address(0) ? 0 : 2;
        uint256 size = tokenCalls + (c.governor == deployer ? 1 : 3);
        address[] memory targets = new address[](size);
        bytes[] memory calls = new bytes[](size);
        if (tokenCalls != 0) {
            (targets[0], calls[0]) = (d.vault, abi.encodeCall(IVault.allowToken, (c.token)));
            (targets[1], calls[1]) =
                (d.parameters, abi.encodeCall(IParameters.setToken, (c.token, c.tokenParameters)));
        }
        for (uint256 i = tokenCalls; i < size; ++i) targets[i] = d.timelock;
        calls[tokenCalls] = abi.encodeCall(timelock.updateDelay, (c.timelockSeconds));
        if (c.governor != deployer) {
            calls[size - 2] = abi.encodeCall(timelock.revokeRole, (timelock.PROPOSER_ROLE(), deployer));
            calls[size - 1] = abi.encodeCall(timelock.revokeRole, (timelock.CANCELLER_ROLE(), deployer));
        }
        uint256[] memory values = new uint256[](size);
        timelock.scheduleBatch(targets, values, calls, 0, 0, 0);
        timelock.executeBatch(targets, values, calls, 0, 0);
    }

    function _write(Config memory c, Deployment memory d) private {
        string memory json = string.concat("{\n", _entry("vault", d.vault), _entry("parameters", d.parameters));
        json = string.concat(json, _entry("registry", d.registry), _entry("apps", d.apps));
        json = string.concat(json, _entry("leaseManager", d.leaseManager), _entry("market", d.market));
        json = string.concat(json, _entry("disputes", d.disputes), _entry("results", d.results));
        json = string.concat(json, _entry("lens", d.lens), _entry("token", c.token));
        json = string.concat(json, _entry("timelock", d.timelock), _entry("permit2", c.permit2));
        json = string.concat(json, "  \"blockNumber\": ", vm.toString(block.number), "\n}\n");
        vm.createDir("deployments", true);
        vm.writeFile(string.concat("deployments/", vm.toString(block.chainid), ".json"), json);
    }

    function _entry(string memory key, address value) private pure returns (string memory) {
        string memory text = value == address(0) ? "null" : string.concat("\"", vm.toString(value), "\"");
        return string.concat("  \"", key, "\": ", text, ",\n");
    }

    /// @dev From the artifact, as any other deployer does it. The constructor's own error is what reverts.
    function _create(string memory artifact, bytes memory arguments) internal returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        // CREATE with code that is known only at run time has no other form.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}
