// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {Fixture} from "../utils/Fixture.sol";

/// @dev A wrong prediction of an address cannot go unnoticed. What the script does is tested in deploy/.
contract DeploymentTest is Fixture {
    function _refused(string memory artifact, bytes memory arguments, bytes memory error_) private {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        address created;
        bytes memory answer;
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            answer := mload(0x40)
            mstore(answer, returndatasize())
            returndatacopy(add(answer, 0x20), 0, returndatasize())
            mstore(0x40, add(add(answer, 0x20), and(add(returndatasize(), 31), not(31))))
        }
        vm.assertEq(created, address(0), artifact);
        vm.assertEq(keccak256(answer), keccak256(error_), artifact);
    }

    function test_RevertWhen_TheVaultDoesNotKnowAManager() external {
        bytes memory why = abi.encodeWithSelector(ILeaseManager.NotManagerOf.selector, address(vault));
        bytes memory arguments = abi.encode(vault, registry, market, new address[](0), treasury);
        _refused("LeaseManager.sol:LeaseManager", arguments, why);
        _refused("DisputeManager.sol:DisputeManager", abi.encode(manager), why);
        _refused("ResultBoard.sol:ResultBoard", abi.encode(manager), why);
    }

    function test_RevertWhen_TheLeaseManagerDoesNotKnowTheMarket() external {
        address next = _created(vm.getNonce(address(this)));
        bytes memory arguments = abi.encode(manager, registry, apps, parameters);
        _refused("Market.sol:Market", arguments, abi.encodeWithSelector(ILeaseManager.NotMarket.selector, next));
    }

    function test_ContractsKnowEachOther() external view {
        vm.assertEq(address(manager.vault()), address(vault), "manager: vault");
        vm.assertEq(address(manager.registry()), address(registry), "manager: registry");
        vm.assertEq(manager.market(), address(market), "manager: market");
        vm.assertEq(manager.treasury(), treasury, "manager: treasury");
        vm.assertTrue(manager.isJudge(address(disputes)) && manager.isJudge(address(results)), "judges");
        vm.assertEq(address(registry.vault()), address(vault), "registry: vault");
        vm.assertEq(registry.leaseManager(), address(manager), "registry: manager");
        vm.assertEq(address(market.leaseManager()), address(manager), "market: manager");
        vm.assertEq(address(market.registry()), address(registry), "market: registry");
        vm.assertEq(address(market.apps()), address(apps), "market: apps");
        vm.assertEq(address(market.parameters()), address(parameters), "market: parameters");
        address[4] memory managers = [address(manager), address(registry), address(disputes), address(results)];
        for (uint256 i = 0; i < 4; ++i) {
            vm.assertTrue(vault.isManager(managers[i]), "vault: manager");
        }
        vm.assertFalse(vault.isManager(address(market)), "the Market holds no money");
    }
}
