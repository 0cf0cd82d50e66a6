// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVault} from "../src/interfaces/IVault.sol";
import {Vm} from "../test/utils/Vm.sol";

/// @title Deploys the contracts in the one order that works and notes where they are in deployments/<chain id>.json.
/// @dev Environment: GOVERNOR (default: the sender), TOKEN (allowed in the Vault; default on chain 31337: a new TestToken),
/// SUBMIT_SECONDS (default one hour).
contract Deploy {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run() external {
        address governor = vm.envOr("GOVERNOR", msg.sender);
        address token = vm.envOr("TOKEN", address(0));
        uint32 submitSeconds = uint32(vm.envOr("SUBMIT_SECONDS", uint256(1 hours)));

        vm.startBroadcast();
        // Vault and LeaseManager name each other: the manager's address follows from sender and nonce.
        address[] memory managers = new address[](1);
        managers[0] = vm.computeCreateAddress(msg.sender, vm.getNonce(msg.sender) + 2);
        address vault = _create("Vault.sol:Vault", abi.encode(governor, managers));
        address registry = _create("DatacenterRegistry.sol:DatacenterRegistry", "");
        address manager = _create("LeaseManager.sol:LeaseManager", abi.encode(vault, registry, submitSeconds));
        if (token == address(0) && block.chainid == 31337) token = _create("TestToken.sol:TestToken", "");
        if (token != address(0) && governor == msg.sender) IVault(vault).allowToken(token);
        vm.stopBroadcast();

        string memory addresses = string.concat(
            '{\n  "vault": "',
            vm.toString(vault),
            '",\n  "registry": "',
            vm.toString(registry),
            '",\n  "leaseManager": "',
            vm.toString(manager)
        );
        string memory rest =
            string.concat('",\n  "token": "', vm.toString(token), '",\n  "blockNumber": ', vm.toString(block.number), "\n}\n");
        vm.createDir("deployments", true);
        vm.writeFile(
            string.concat("deployments/", vm.toString(block.chainid), ".json"), string.concat(addresses, rest)
        );
    }

    /// @dev From the artifact, as any other deployer does it. The constructor's own error is what reverts.
    function _create(string memory artifact, bytes memory arguments) private returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}
