// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Deploy} from "../../../script/Deploy.s.sol";
import {Parameters, TokenParameters} from "../../../src/interfaces/IParameters.sol";
import {Test} from "../../utils/Test.sol";
import {DeployHarness} from "./DeployHarness.sol";

/// @title The code that a deployment puts on a chain is the code that is on record: bytecode.json, runtime code with immutables zeroed.
/// @dev Anyone can compare a deployed contract with it: the places of the immutables are in the artifacts. After a change of
/// contracts: WRITE_BYTECODE=true forge test --match-contract BytecodeTest
contract BytecodeTest is Test {
    uint256 private constant EIP170 = 24_576;
    string private constant PATH = "bytecode.json";

    struct Place {
        uint256 start;
        uint256 length;
    }

    string[9] private _names = [
        "Vault",
        "Parameters",
        "DatacenterRegistry",
        "AppRegistry",
        "LeaseManager",
        "Market",
        "DisputeManager",
        "ResultBoard",
        "Lens"
    ];

    function _deploy() private returns (address[9] memory) {
        DeployHarness script = new DeployHarness();
        Deploy.Config memory c;
        (c.governor, c.guardian, c.treasury) = (address(script), address(1), address(2));
        (c.permit2, c.unbondingSeconds) = (address(3), 30 days);
        c.parameters = Parameters(1 hours, 1 days, 14 days, 50, 10_000, 1_000);
        c.tokenParameters = TokenParameters(1, 1, 1);
        Deploy.Deployment memory d = script.deploy(c);
        return [
            d.vault, d.parameters, d.registry, d.apps, d.leaseManager, d.market, d.disputes, d.results, d.lens
        ];
    }

    /// @dev The deployed code with zeroes where the constructor has put immutables.
    function _masked(string memory name, address where) private view returns (bytes memory code) {
        code = where.code;
        string memory root = ".deployedBytecode.immutableReferences";
        string memory artifact = vm.readFile(string.concat("out/", name, ".sol/", name, ".json"));
        if (!vm.keyExistsJson(artifact, root)) return code; // no immutables
        string[] memory ids = vm.parseJsonKeys(artifact, root);
        for (uint256 i = 0; i < ids.length; ++i) {
            string memory key = string.concat(root, "['", ids[i], "']");
            bytes memory found = vm.parseJsonTypeArray(artifact, key, "Place(uint256 start,uint256 length)");
            Place[] memory places = abi.decode(found, (Place[]));
            for (uint256 p = 0; p < places.length; ++p) {
                for (uint256 b = 0; b < places[p].length; ++b) code[places[p].start + b] = 0;
            }
        }
    }

    function test_CodeIsOnRecord() external {
        address[9] memory deployed = _deploy();
        string memory json = "{\n";
        string memory record = vm.readFile(PATH);
        bool write = vm.envOr("WRITE_BYTECODE", false);
        for (uint256 i = 0; i < _names.length; ++i) {
            string memory name = _names[i];
            bytes memory code = _masked(name, deployed[i]);
            vm.assertLe(code.length, EIP170, string.concat(name, ": size"));
            bytes memory artifact = vm.getDeployedCode(string.concat(name, ".sol:", name));
            vm.assertEq(keccak256(code), keccak256(artifact), string.concat(name, ": artifact"));
            if (!write) {
                bytes32 recorded = vm.parseJsonBytes32(record, string.concat(".", name));
                vm.assertEq(keccak256(code), recorded, string.concat(name, ": record"));
            }
            string memory end = i + 1 == _names.length ? '"\n}\n' : '",\n';
            json = string.concat(json, '  "', name, '": "', vm.toString(keccak256(code)), end);
        }
        if (write) vm.writeFile(PATH, json);
    }
}
